using System.Text.Json.Nodes;
using CsCheck;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Fidelity;

/// <summary>A cluster and a pod in it; the shapes that the composition distinguishes, all likely.</summary>
internal sealed record Sample(
    string[] ClusterDns,
    string ClusterDomain,
    string[] HostSearches,
    bool Fallback,
    string[] Options,
    JsonObject Pod,
    string Namespace)
{
    public override string ToString() =>
        $"cluster-dns={string.Join(',', ClusterDns)} domain={ClusterDomain} host={string.Join(',', HostSearches)} "
        + $"fallback={Fallback} options={string.Join(',', Options)} namespace={Namespace}\n{Pod}";
}

internal static class GeneratedPods
{
    public const string Local = "169.254.20.10";

    private static readonly Gen<string> s_address = Gen.Frequency(
        (8, Gen.OneOf("192.0.2.1", "192.0.2.2", "2001:db8::1", "10.96.0.10", Local, "2001:DB8:0::1")),
        (1, Gen.OneOf("dns.example", "192.0.2.256", "fe80::1%eth0", "", "192.0.2", "1")));

    private static readonly Gen<string> s_label = Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789"].Array[1, 60].Select(
        letters => new string(letters));

    private static readonly Gen<string> s_domain = Gen.Frequency(
        (6, Gen.OneOf(
            "corp.example", "corp.example.", "corp", "corp.", "svc.cluster.local", "cluster.local",
            "web.svc.cluster.local")),
        (6, s_label.Array[1, 4].Select(labels => string.Join('.', labels))),
        (1, Gen.OneOf(
            "_tcp.example", ".", "a..b", "UPPER.example", "", "-a.example", "a b",
            string.Join('.', Enumerable.Repeat(new string('a', 62), 4)) + ".a.")));

    private static readonly Gen<JsonNode> s_option =
        from name in Gen.Frequency(
            (9, Gen.OneOf("ndots", "timeout", "attempts", "use-vc", "edns0", "rotate", "odd-one", "timeout:3")),
            (1, Gen.Const("")))
        from value in Gen.OneOf(null, "", "0", "1", "2", "5", "15", "99", "-1", "abc")
        select (JsonNode)(value is null
            ? new JsonObject { ["name"] = name }
            : new JsonObject { ["name"] = name, ["value"] = value });

    private static readonly Gen<JsonNode?> s_dnsConfig = Gen.Frequency(
        (1, Gen.Const((JsonNode?)null)),
        (3, from servers in Gen.Frequency((1, Gen.Const(Array.Empty<string>())), (2, s_address.Array[0, 4]))
            from searches in Gen.Frequency((4, s_domain.Array[0, 4]), (1, s_domain.Array[0, 34]))
            from options in s_option.Array[0, 5]
            from absent in Gen.Int[0, 7]
            select (JsonNode?)Config(servers, searches, options, absent)));

    private static readonly Gen<(string, string)[]> s_annotations = Gen.OneOf(
        ("ndots", "2"), ("ndots", "8"), ("ndots", "99"), ("timeout", "3"), ("attempts", "x"), ("use-vc", "true"),
        ("use-vc", "false"), ("options", "rotate,timeout:4"), ("options", "odd"),
        ("searches", "team.example,corp.example"),
        ("fallback", "none"), ("fallback", "cluster-dns"), ("inject", "disabled"), ("nonsense", "x")).Array[0, 3];

    public static readonly Gen<Sample> Samples =
        from clusterDns in Gen.OneOf<string[]>(
            ["10.96.0.10"], ["10.96.0.10", "10.96.0.11"], ["10.96.0.10", "2001:db8::a"])
        from domain in Gen.Frequency(
            (8, Gen.Const("cluster.local")), (1, Gen.Const("k8s.corp.example")), (1, Gen.Const("")))
        from host in Gen.Frequency(
            (4, Gen.Const(Array.Empty<string>())), (2, Gen.Const<string[]>(["us-west-2.compute.internal"])),
            (1, s_label.Select(label => label + ".node.example").Array[1, 32]),
            (1, s_label.Select(label => label.PadRight(60, 'z') + ".node.example").Array[25, 28]))
        from fallback in Gen.Frequency((3, Gen.Const(true)), (1, Gen.Const(false)))
        from options in Gen.Frequency(
            (2, Gen.Const(Array.Empty<string>())), (1, Gen.OneOf("ndots:4", "timeout:2", "rotate").Array[0, 2]))
        from policy in Gen.OneOf(
            null, "ClusterFirst", "ClusterFirst", "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None", "Other")
        from hostNetwork in Gen.OneOf((bool?)null, null, false, true)
        from dnsConfig in s_dnsConfig
        from annotations in s_annotations
        from name in Gen.OneOf("web", "a", "team-with-a-long-name-up-to-sixty-three-characters-is-allowed-ok")
        select new Sample(
            clusterDns, domain, host, fallback, options, Pod(policy, hostNetwork, dnsConfig, annotations), name);

    private static JsonObject Config(string[] servers, string[] searches, JsonNode[] options, int absent)
    {
        var config = new JsonObject();
        if ((absent & 1) == 0)
        {
            config["nameservers"] = new JsonArray([.. servers.Select(server => (JsonNode)server)]);
        }

        if ((absent & 2) == 0)
        {
            config["searches"] = new JsonArray([.. searches.Select(search => (JsonNode)search)]);
        }

        if ((absent & 4) == 0)
        {
            config["options"] = new JsonArray([.. options.Select(option => option.DeepClone())]);
        }

        return config;
    }

    private static JsonObject Pod(
        string? policy, bool? hostNetwork, JsonNode? dnsConfig, (string Name, string Value)[] annotations)
    {
        var pod = Pods.Pod(
            ("spec:futureField", JsonNode.Parse("""{"cpu":"0.5","memory":1.50,"x":[null,1e3]}""")));
        var spec = (JsonObject)pod["spec"]!;
        spec.Remove("dnsPolicy");
        if (policy is not null)
        {
            spec["dnsPolicy"] = policy;
        }

        if (hostNetwork is not null)
        {
            spec["hostNetwork"] = hostNetwork;
        }

        if (dnsConfig is not null)
        {
            spec["dnsConfig"] = dnsConfig.DeepClone();
        }

        if (annotations.Length > 0)
        {
            var map = new JsonObject();
            foreach ((var name, var value) in annotations)
            {
                map["nodedns.io/" + name] = value;
            }

            pod["metadata"]!["annotations"] = map;
        }
        return pod;
    }
}
