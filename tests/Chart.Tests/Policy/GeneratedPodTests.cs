using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.JsonPatch.SystemTextJson;
using NodeDns.Injection.Decide;
using NodeDns.Injection.Patch;

namespace NodeDns.Chart.Tests.Policy;

/// <summary>Pods of all shapes at once: a real API server makes of them under the policy what it makes of them with the patch of
/// src/Injection, which the webhook sends.</summary>
public sealed class GeneratedPodTests(ApiServer server, Policies policies) : IClassFixture<Policies>
{
    private const int PodsOfEach = 250;

    private static readonly string[] s_plain = [];

    private static readonly string[] s_rich =
    [
        "--set", "selection.namespaceSettings=true,selection.injectHostNetwork=false,selection.ignoreSkipRules={fargate,dns-server},selection.compatLabel=false",
        "--set", "dns.options.timeout=2,dns.options.rotate=,dns.hostSearches={eu.internal,corp.example},dns.localAddresses={169.254.20.10,fd00:20::10}",
        "--set", "dns.clusterDNS={fd00:96::a,10.96.0.10},dns.fallback=none,webhook.probe=false,dns.allowedAnnotationOptions={ndots,use-vc,timeout,mine}",
    ];

    private static readonly DnsModel s_dns = new()
    {
        LocalAddresses = ["169.254.20.10"],
        ClusterDns = ["10.96.0.10"],
        ClusterDomain = "cluster.local",
        HostSearches = [],
        Limits = new ApiLimits { AllowUnderscores = true },
    };

    private static readonly InjectionSettings s_plainSettings = new(s_dns, new SelectionModel());

    private static readonly InjectionSettings s_richSettings = new(
        s_dns with
        {
            LocalAddresses = ["fd00:20::10", "169.254.20.10"],
            ClusterDns = ["fd00:96::a", "10.96.0.10"],
            HostSearches = ["eu.internal", "corp.example"],
            Fallback = Fallback.None,
            Options = [new ResolverOption("rotate", null), new ResolverOption("timeout", "2")],
            AllowedOptions = System.Collections.Frozen.FrozenSet.ToFrozenSet(["ndots", "use-vc", "timeout", "mine"]),
        },
        new SelectionModel
        {
            CompatLabel = false,
            InjectHostNetwork = false,
            IgnoredRules = System.Collections.Frozen.FrozenSet.ToFrozenSet([SkipReason.Fargate, SkipReason.DnsServer]),
        });

    [Fact]
    public void A_pod_of_any_shape_ends_as_with_the_webhook() => Compare(s_plain, s_plainSettings, "web", NamespaceSettings.Unknown, seed: 1);

    [Fact]
    public void A_pod_of_any_shape_ends_as_with_the_webhook_under_other_values_in_a_namespace_with_annotations()
    {
        const string metadata = """
            {"name": "annotated", "labels": {"nodedns.io/inject": "enabled"}, "annotations": {"nodedns.io/ndots": "007", "nodedns.io/options": "mine:1,rotate",
             "nodedns.io/searches": "team.example _tcp.example UPPER", "nodedns.io/fallback": "cluster-dns", "nodedns.io/nonsense": "x"}}
            """;
        policies.Require();
        server.KubectlWith($$$"""{"apiVersion": "v1", "kind": "Namespace", "metadata": {{{metadata}}} }""", "apply", "-f", "-");
        using var document = JsonDocument.Parse(metadata);
        Compare(s_rich, s_richSettings, "annotated", NamespaceSettings.Read(document.RootElement, s_richSettings, new Warnings()), seed: 2);
    }

    /// <summary>What costs most of CEL's budget: a policy that exceeds it changes nothing, and says nothing.</summary>
    [Fact]
    public void The_largest_pods_do_not_exceed_the_budget_of_a_policy()
    {
        policies.Require("web");
        policies.Install([s_plain]);
        var pod = Policies.Pod("web", "large");
        var expressions = new JsonArray([.. Enumerable.Range(0, 20).Select(i => JsonNode.Parse(
            $$"""{"key": "kubernetes.io/os", "operator": "In", "values": [{{string.Join(',', Enumerable.Range(0, 10).Select(n => $"\"os-{n}\""))}}, "linux"]}"""))]);
        pod["spec"] = new JsonObject
        {
            ["containers"] = new JsonArray([.. Enumerable.Range(0, 60).Select(i => JsonNode.Parse(
                $$$"""{"name": "c{{{i}}}", "image": "one", "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"} } }"""))]),
            ["initContainers"] = new JsonArray([.. Enumerable.Range(0, 60).Select(i => JsonNode.Parse($$$"""{"name": "i{{{i}}}", "image": "one"}"""))]),
            ["tolerations"] = new JsonArray([.. Enumerable.Range(0, 100).Select(i => JsonNode.Parse($$$"""{"key": "k{{{i}}}", "operator": "Exists"}"""))]),
            ["affinity"] = new JsonObject
            {
                ["nodeAffinity"] = new JsonObject
                {
                    ["requiredDuringSchedulingIgnoredDuringExecution"] = new JsonObject
                    {
                        ["nodeSelectorTerms"] = new JsonArray([.. Enumerable.Range(0, 20).Select(_ => new JsonObject { ["matchExpressions"] = expressions.DeepClone() })]),
                    },
                },
            },
            ["dnsConfig"] = new JsonObject
            {
                ["searches"] = new JsonArray([.. Enumerable.Range(0, 29).Select(i => (JsonNode)$"{new string('a', 40)}-{i:00}.example")]),
                ["options"] = new JsonArray([.. Enumerable.Range(0, 50).Select(i => new JsonObject { ["name"] = $"option-{i}", ["value"] = $"{i}" })]),
            },
        };
        pod["metadata"]!["annotations"] = new JsonObject
        {
            ["nodedns.io/options"] = string.Join(',', Enumerable.Range(0, 100).Select(_ => "timeout:3")),
            ["nodedns.io/searches"] = string.Join(',', Enumerable.Range(0, 100).Select(i => $"s{i}.example")),
            ["large"] = new string('x', 100_000),
        };
        var (created, _) = policies.Create(s_plain, pod);
        Assert.Empty(policies.Errors());
        Assert.Equal(32, created["spec"]?["dnsConfig"]?["searches"]?.AsArray().Count);
        Assert.Equal(PolicyCaseTests.Comparable(policies.CreateWithout(Patched(pod, s_plainSettings, "web", NamespaceSettings.Unknown)).Object),
            PolicyCaseTests.Comparable(created));
    }

    private void Compare(string[] values, InjectionSettings settings, string ns, NamespaceSettings ofNamespace, int seed)
    {
        policies.Require("web");
        policies.Install([values]);
        ApiServer.Until(() => (string?)policies.Create(values, Policies.Pod(ns, "probe")).Object["spec"]?["dnsPolicy"] == "None", "the namespace is not seen");
        var pods = new GeneratedPods(seed);
        var changed = 0;
        for (var i = 0; i < PodsOfEach; i++)
        {
            JsonNode pod = pods.Next(ns);
            if (i % 4 == 3)
            {
                // One that was changed in an earlier call, to which something has happened since.
                pod = pods.Changed(Patched(Policies.Pod(ns, "pod"), settings, ns, ofNamespace));
            }

            var webhook = PolicyCaseTests.Comparable(policies.CreateWithout(Patched(pod, settings, ns, ofNamespace)).Object);
            var policy = PolicyCaseTests.Comparable(policies.Create(values, pod).Object);
            Assert.True(webhook == policy, $"pod {i}\n{pod.ToJsonString()}\nwebhook: {webhook}\npolicy:  {policy}");
            changed += webhook.Contains("injected by", StringComparison.Ordinal) ? 1 : 0;
        }

        Assert.Empty(policies.Errors());
        Assert.InRange(changed, PodsOfEach / 10, PodsOfEach * 9 / 10);
    }

    private static JsonNode Patched(JsonNode pod, InjectionSettings settings, string ns, NamespaceSettings ofNamespace)
    {
        using var document = JsonDocument.Parse(pod.ToJsonString());
        var decision = new DnsPolicyDecider(settings).Decide(document.RootElement, ns, ofNamespace, CacheState.NotProbed, new Warnings());
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            DnsConfigPatch.Write(writer, decision);
        }

        var patched = pod.DeepClone();
        if (buffer.Length > 0)
        {
            JsonSerializer.Deserialize<JsonPatchDocument>(Encoding.UTF8.GetString(buffer.ToArray()))!.ApplyTo(patched);
        }

        return patched;
    }
}
