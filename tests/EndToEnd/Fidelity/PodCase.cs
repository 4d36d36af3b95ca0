using System.Text.Json.Nodes;
using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Fidelity;

/// <summary>
/// One shape of pod. It is created twice in the same namespace, once left to the webhook and once opted out by label;
/// <see cref="Expected"/> turns the resolv.conf that kubelet wrote for the second into what the first must have.
/// </summary>
internal sealed record PodCase(string Name, Action<JsonObject> Shape, Func<ResolvConf, string, ResolvConf> Expected)
{
    private const string Local = Installation.LocalAddress;

    public static IReadOnlyList<PodCase> All { get; } =
    [
        new("plain", _ => { }, CacheFirst),
        new("policy-written", p => Spec(p)["dnsPolicy"] = "ClusterFirst", CacheFirst),
        new("policy-default", p => Spec(p)["dnsPolicy"] = "Default", Unchanged),
        new("policy-none", p => { Spec(p)["dnsPolicy"] = "None"; Config(p, Servers("192.0.2.1")); }, Unchanged),
        new("policy-none-local", p => { Spec(p)["dnsPolicy"] = "None"; Config(p, Servers(Local)); }, Unchanged),
        new("host-network", p => Spec(p)["hostNetwork"] = true, Unchanged),
        new("host-network-cluster-first", p => { Spec(p)["hostNetwork"] = true; Spec(p)["dnsPolicy"] = "ClusterFirstWithHostNet"; }, CacheFirst),
        new("with-host-net-but-not-host", p => Spec(p)["dnsPolicy"] = "ClusterFirstWithHostNet", CacheFirst),
        new("own-ndots", p => Config(p, Options(("ndots", "2"))), CacheFirst),
        new("own-bare-option", p => Config(p, Options(("edns0", null))), CacheFirst),
        new("own-empty-value", p => Config(p, Options(("timeout", ""))), CacheFirst),
        new("own-option-twice", p => Config(p, Options(("timeout", "3"), ("timeout", "1"))), CacheFirst),
        new("own-ndots-99", p => Config(p, Options(("ndots", "99"))), CacheFirst),
        new("own-odd-option", p => Config(p, Options(("no-such-option", "x"), ("rotate", null))), CacheFirst),
        new("own-server", p => Config(p, Servers("192.0.2.1")), CacheFirst),
        new("own-two-servers", p => Config(p, Servers("192.0.2.1", "192.0.2.2")), CacheFirst),
        new("own-three-servers", p => Config(p, Servers("192.0.2.1", "192.0.2.2", "192.0.2.3")), CacheFirst),
        new("own-server-is-cluster-dns", p => Config(p, Servers("10.96.0.10")), CacheFirst),
        new("own-server-is-the-cache", p => Config(p, Servers(Local)), CacheFirst),
        new("own-search", p => Config(p, Searches("corp.example")), CacheFirst),
        new("own-search-repeats", p => Config(p, Searches("svc.cluster.local", "corp.example")), CacheFirst),
        new("own-search-with-dot", p => Config(p, Searches("corp.example.", "corp.example")), CacheFirst),
        new("own-30-searches", p => Config(p, Searches([.. Enumerable.Range(0, 30).Select(i => $"s{i}.example")])), CacheFirst),
        new("own-32-searches", p => Config(p, Searches([.. Enumerable.Range(0, 32).Select(i => $"s{i}.example")])), CacheFirst),
        new("own-long-searches", p => Config(p, Searches([.. Enumerable.Range(0, 20).Select(i => $"{new string('a', 60)}.{new string('b', 30)}{i:00}.ex")])), CacheFirst),
        new("own-search-of-200", p => Config(p, Searches(string.Join('.', Enumerable.Repeat(new string('x', 49), 4)))), CacheFirst),
        new("own-everything", p => Config(p, new JsonObject
        {
            ["nameservers"] = new JsonArray("192.0.2.9"),
            ["searches"] = new JsonArray("a.example", "b.example"),
            ["options"] = Options(("attempts", "3"), ("single-request", null))["options"]!.DeepClone(),
        }), CacheFirst),
        new("label-enabled", p => p.Labelled("nodedns.io/inject", "enabled"), CacheFirst),
        new("note-ndots", p => p.Annotated("nodedns.io/ndots", "3"), With("ndots", "3")),
        new("note-ndots-over-own", p => { Config(p, Options(("ndots", "2"))); p.Annotated("nodedns.io/ndots", "4"); }, With("ndots", "4")),
        new("note-ndots-bad", p => p.Annotated("nodedns.io/ndots", "-1"), CacheFirst),
        new("note-timeout", p => p.Annotated("nodedns.io/timeout", "2"), With("timeout", "2")),
        new("note-attempts", p => p.Annotated("nodedns.io/attempts", "3"), With("attempts", "3")),
        new("note-use-vc", p => p.Annotated("nodedns.io/use-vc", "true"), With("use-vc", null)),
        new("note-reopen", p => p.Annotated("nodedns.io/single-request-reopen", "true"), With("single-request-reopen", null)),
        new("note-options", p => p.Annotated("nodedns.io/options", "edns0,timeout:4"),
            (conf, c) => With("timeout", "4")(With("edns0", null)(conf, c), c)),
        new("note-searches", p => p.Annotated("nodedns.io/searches", "team.example"),
            (conf, c) => CacheFirst(conf, c) with { Searches = [.. conf.Searches, "team.example"] }),
        new("note-fallback-none", p => p.Annotated("nodedns.io/fallback", "none"),
            (conf, c) => CacheFirst(conf, c) with { Nameservers = [Local] }),
        new("note-unknown", p => p.Annotated("nodedns.io/no-such-thing", "1"), CacheFirst),
    ];

    /// <summary>The two pods of the case, which print their resolv.conf and end.</summary>
    public IEnumerable<JsonObject> Manifests(string ns)
    {
        foreach (var (name, plain) in new[] { (Name, false), (Name + "-plain", true) })
        {
            var pod = Pods.Sleeping(ns, name);
            pod["spec"]!["restartPolicy"] = "Never";
            pod["spec"]!["containers"]![0]!["command"] = new JsonArray("cat", "/etc/resolv.conf");
            Shape(pod);
            pod.Labelled("suite", "fidelity");
            if (plain)
            {
                pod.Labelled("nodedns.io/inject", "disabled");
            }

            yield return pod;
        }
    }

    private static ResolvConf Unchanged(ResolvConf conf, string clusterDns) => conf;

    /// <summary>The local address in front of cluster DNS, three nameservers at most; nothing else changes.</summary>
    private static ResolvConf CacheFirst(ResolvConf conf, string clusterDns) =>
        conf with { Nameservers = [.. new[] { Local }.Concat(conf.Nameservers).Distinct().Take(3)] };

    private static Func<ResolvConf, string, ResolvConf> With(string option, string? value) => (conf, clusterDns) =>
        CacheFirst(conf, clusterDns) with
        {
            Options = [.. conf.Options.Where(o => o.Split(':')[0] != option)
                .Append(value is null ? option : $"{option}:{value}").Order(StringComparer.Ordinal)],
        };

    private static JsonObject Spec(JsonObject pod) => pod["spec"]!.AsObject();

    private static void Config(JsonObject pod, JsonObject config) => Spec(pod)["dnsConfig"] = config;

    private static JsonObject Servers(params string[] addresses) =>
        new() { ["nameservers"] = new JsonArray([.. addresses.Select(a => (JsonNode)a)]) };

    private static JsonObject Searches(params string[] domains) =>
        new() { ["searches"] = new JsonArray([.. domains.Select(d => (JsonNode)d)]) };

    private static JsonObject Options(params (string Name, string? Value)[] options) => new()
    {
        ["options"] = new JsonArray([.. options.Select(o =>
        {
            var option = new JsonObject { ["name"] = o.Name };
            if (o.Value is not null)
            {
                option["value"] = o.Value;
            }

            return (JsonNode)option;
        })]),
    };
}
