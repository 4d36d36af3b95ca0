using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests.Policy;

/// <summary>Pods with whatever a decision looks at, the same for the same seed. Most are such that an API server takes them.</summary>
internal sealed class GeneratedPods(int seed)
{
    private static readonly string[] s_labels =
    [
        "nodedns.io/inject=enabled", "nodedns.io/inject=disabled", "nodedns.io/inject=other", "node-local-dns-injection=disabled",
        "node-local-dns-injection=enabled", "k8s-app=coredns", "app.kubernetes.io/name=node-dns-webhook", "eci=true", "eci=false",
        "alibabacloud.com/acs=true", "eks.amazonaws.com/fargate-profile=a", "app=web", "pod-template-hash=abc",
    ];

    private static readonly string[] s_annotations =
    [
        "nodedns.io/ndots=2", "nodedns.io/ndots=015", "nodedns.io/ndots=16", "nodedns.io/ndots=-1", "nodedns.io/ndots=", "nodedns.io/timeout=30",
        "nodedns.io/timeout=0", "nodedns.io/attempts=5", "nodedns.io/attempts=x", "nodedns.io/use-vc=true", "nodedns.io/use-vc=false",
        "nodedns.io/use-vc=yes", "nodedns.io/single-request-reopen=true", "nodedns.io/options=rotate,timeout:4 edns0", "nodedns.io/options=Rotate,edns0",
        "nodedns.io/options=ndots:,use-vc:1,odd:2", "nodedns.io/options=:1", "nodedns.io/options=mine:a:b,ndots:3", "nodedns.io/options= , ",
        "nodedns.io/searches=a.example,b.example c.example", "nodedns.io/searches=UPPER,.,_x.example,a..b,x.", "nodedns.io/fallback=none",
        "nodedns.io/fallback=cluster-dns", "nodedns.io/fallback=other", "nodedns.io/inject=disabled", "nodedns.io/inject=enabled", "nodedns.io/nonsense=x",
        "vpc.amazonaws.com/pod-eni=x", "tke.cloud.tencent.com/networks=tke-direct-eni", "tke.cloud.tencent.com/networks=other", "a=b",
    ];

    private static readonly string[] s_selectors =
    [
        """{"kubernetes.io/os": "windows"}""", """{"kubernetes.io/os": "linux"}""", """{"node.kubernetes.io/windows-build": "10.0"}""",
        """{"eks.amazonaws.com/compute-type": "fargate"}""", """{"eks.amazonaws.com/compute-type": "ec2"}""", """{"type": "virtual-kubelet"}""", """{"type": "kwok"}""",
        """{"liqo.io/type": "virtual-node"}""",
        """{"node.kubernetes.io/instance-type": "eklet", "zone": "a"}""", """{"cloud.google.com/gke-os-distribution": "windows_sac"}""", """{"zone": "a"}""",
    ];

    private static readonly string[] s_expressions =
    [
        """{"key": "kubernetes.io/os", "operator": "In", "values": ["windows"]}""", """{"key": "kubernetes.io/os", "operator": "NotIn", "values": ["linux"]}""",
        """{"key": "kubernetes.io/os", "operator": "In", "values": ["windows", "linux"]}""", """{"key": "kubernetes.io/os", "operator": "Exists"}""",
        """{"key": "kubernetes.io/os", "operator": "DoesNotExist"}""", """{"key": "node.kubernetes.io/windows-build", "operator": "Exists"}""",
        """{"key": "node.kubernetes.io/windows-build", "operator": "DoesNotExist"}""", """{"key": "kubernetes.azure.com/os-sku", "operator": "NotIn", "values": ["Windows2022"]}""",
        """{"key": "eks.amazonaws.com/compute-type", "operator": "In", "values": ["fargate"]}""", """{"key": "eks.amazonaws.com/compute-type", "operator": "NotIn", "values": ["fargate"]}""",
        """{"key": "type", "operator": "In", "values": ["virtual-kubelet", "x"]}""", """{"key": "type", "operator": "In", "values": ["kwok", "virtual-kubelet"]}""",
        """{"key": "type", "operator": "NotIn", "values": ["kwok"]}""", """{"key": "type", "operator": "Exists"}""",
        """{"key": "liqo.io/type", "operator": "In", "values": ["virtual-node"]}""", """{"key": "liqo.io/type", "operator": "DoesNotExist"}""",
        """{"key": "beta.kubernetes.io/os", "operator": "Gt", "values": ["1"]}""", """{"key": "zone", "operator": "In", "values": ["a"]}""",
    ];

    private static readonly string[] s_tolerations =
    [
        """{"operator": "Exists"}""", """{"key": "os", "operator": "Equal", "value": "windows"}""", """{"key": "os", "value": "linux"}""",
        """{"key": "eks.amazonaws.com/compute-type", "operator": "Exists"}""", """{"key": "virtual-kubelet.io/provider", "value": "azure"}""", """{"key": "kwok.x-k8s.io/node", "operator": "Exists"}""",
        """{"key": "virtual-node.liqo.io/not-allowed", "operator": "Exists"}""",
        """{"key": "eks.tke.cloud.tencent.com/eklet", "operator": "Exists", "effect": "NoSchedule"}""", """{"key": "a", "operator": "Exists"}""",
    ];

    private static readonly string[] s_servers = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "10.96.0.10", "169.254.20.10", "2001:DB8:0::1", "FD00:20:0:0:0:0:0:10", "fd00:20::10", "FD00:96::000A", "::ffff:1.2.3.4", "010.1.1.1"];
    private static readonly string[] s_wrongServers = ["dns.example", "192.0.2.256", "fe80::1%eth0", "", "192.0.2", "1"];
    private static readonly string[] s_searches = ["corp.example", "corp.example.", "corp", "svc.cluster.local", "web.svc.cluster.local", "_tcp.example", "."];
    private static readonly string[] s_wrongSearches = ["a..b", "UPPER.example", "", "-a.example", "a b"];
    private static readonly string[] s_options = ["ndots:2", "ndots:99", "ndots", "timeout:", "timeout:3", "use-vc", "edns0:", "rotate", "odd one:a b", "mine:x"];

    private readonly Random _random = new(seed);

    public JsonObject Next(string ns)
    {
        var pod = Policies.Pod(ns, "pod");
        var spec = pod["spec"]!.AsObject();
        var metadata = pod["metadata"]!.AsObject();
        AddMap(metadata, "labels", s_labels, 2);
        AddMap(metadata, "annotations", s_annotations, 4);
        if (OneIn(2))
        {
            spec["dnsPolicy"] = Of(["ClusterFirst", "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None", "Other"]);
        }

        if (OneIn(5))
        {
            spec["hostNetwork"] = OneIn(2);
        }

        if (OneIn(2))
        {
            spec["dnsConfig"] = Config();
        }

        AddPlace(spec);
        return pod;
    }

    /// <summary>The pod with something that comes after its change.</summary>
    public JsonNode Changed(JsonNode pod)
    {
        var metadata = pod["metadata"]!.AsObject();
        var spec = pod["spec"]!.AsObject();
        switch (_random.Next(6))
        {
            case 0:
                metadata["labels"] = new JsonObject { ["nodedns.io/inject"] = "disabled" };
                break;
            case 1:
                spec["dnsConfig"]!.AsObject().Remove("nameservers");
                break;
            case 2:
                spec["dnsConfig"]!["nameservers"]!.AsArray().Insert(0, "192.0.2.9");
                break;
            case 3:
                metadata["annotations"]!["nodedns.io/status"] = ((string)metadata["annotations"]!["nodedns.io/status"]!)
                    .Replace("ClusterFirst", Of(["", "Default", "ClusterFirstWithHostNet", "Cluster"]), StringComparison.Ordinal);
                AddPlace(spec);
                break;
            case 4:
                spec["hostNetwork"] = true;
                break;
            default:
                AddPlace(spec);
                break;
        }

        return pod;
    }

    private void AddPlace(JsonObject spec)
    {
        if (OneIn(6))
        {
            spec["nodeSelector"] = JsonNode.Parse(Of(s_selectors));
        }

        if (OneIn(6))
        {
            spec["affinity"] = new JsonObject
            {
                ["nodeAffinity"] = new JsonObject
                {
                    ["requiredDuringSchedulingIgnoredDuringExecution"] = new JsonObject { ["nodeSelectorTerms"] = Some(1, 3, Term) },
                },
            };
        }

        if (OneIn(6))
        {
            spec["tolerations"] = Some(1, 3, () => JsonNode.Parse(Of(s_tolerations)));
        }

        if (OneIn(15))
        {
            spec["schedulerName"] = "fargate-scheduler";
        }

        if (OneIn(15))
        {
            spec["containers"]![0]!["resources"] = JsonNode.Parse(Of(
            [
                """{"limits": {"vpc.amazonaws.com/pod-eni": "1"}, "requests": {"vpc.amazonaws.com/pod-eni": "1"}}""", """{"limits": {"cpu": "1"}}""",
                """{"limits": {"tke.cloud.tencent.com/direct-eni": "1"}}""",
            ]));
        }

        if (OneIn(15))
        {
            spec["os"] = new JsonObject { ["name"] = Of(["windows", "linux"]) };
        }
    }

    private JsonObject Term() => OneIn(8)
        ? []
        : new JsonObject { ["matchExpressions"] = Some(1, 2, () => JsonNode.Parse(Of(s_expressions))) };

    private JsonObject Config()
    {
        var config = new JsonObject();
        if (OneIn(2))
        {
            config["nameservers"] = Some(0, 3, () => Of(OneIn(30) ? s_wrongServers : s_servers));
        }

        if (OneIn(2))
        {
            config["searches"] = OneIn(6)
                ? Some(20, 33, () => $"{new string('x', _random.Next(1, 90))}.example")
                : Some(0, 4, () => Of(OneIn(30) ? s_wrongSearches : s_searches));
        }

        if (OneIn(2))
        {
            config["options"] = Some(0, 4, () => Of(s_options).Split(':') is [var name, var value]
                ? new JsonObject { ["name"] = name, ["value"] = value }
                : new JsonObject { ["name"] = Of([.. s_options.Where(option => !option.Contains(':'))]) });
        }

        return config;
    }

    private void AddMap(JsonObject owner, string name, string[] pairs, int most)
    {
        var map = new JsonObject();
        for (var i = _random.Next(most + 1); i > 0; i--)
        {
            var pair = Of(pairs);
            map[pair[..pair.IndexOf('=')]] = pair[(pair.IndexOf('=') + 1)..];
        }

        if (map.Count > 0)
        {
            owner[name] = map;
        }
    }

    private JsonArray Some(int least, int most, Func<JsonNode?> one) => new([.. Enumerable.Range(0, _random.Next(least, most + 1)).Select(_ => one())]);

    private bool OneIn(int times) => _random.Next(times) == 0;

    private string Of(string[] all) => all[_random.Next(all.Length)];
}
