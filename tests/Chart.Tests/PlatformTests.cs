using System.Text.Json;
using System.Text.Json.Nodes;
using NodeDns.Injection.Decide;

namespace NodeDns.Chart.Tests;

/// <summary>What single platforms need.</summary>
public sealed class PlatformTests
{
    private static JsonArray Terms(params string[] arguments) => Rendered.With(arguments).One("DaemonSet", "nd-cache")
        .At("spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms")!.AsArray();

    /// <summary>GKE admits system-node-critical outside kube-system only where a quota names it.</summary>
    [Fact]
    public void A_quota_allows_the_priority_classes_that_are_used()
    {
        Assert.Empty(Rendered.With().All("ResourceQuota"));
        var quota = Rendered.With("--set", "resourceQuota.enabled=true").One("ResourceQuota", "nd-priority");
        var scope = quota.At("spec.scopeSelector.matchExpressions.0")!;
        Assert.Equal("PriorityClass", scope.Text("scopeName"));
        Assert.Equal(["system-node-critical", "system-cluster-critical"], scope.Strings("values"));
        Assert.Equal("1G", quota.Text("spec.hard.pods"));
        Assert.Equal(["system-node-critical"], Rendered.With("--set", "resourceQuota.enabled=true,webhook.priorityClassName=high")
            .One("ResourceQuota", "nd-priority").Strings("spec.scopeSelector.matchExpressions.0.values"));
        Assert.Contains("resourceQuota.enabled", Rendered.Refusal("--set", "dns.clusterDNS={10.96.0.10}", "--set",
            "resourceQuota.enabled=true,webhook.priorityClassName=high,cache.priorityClassName=high"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eks.amazonaws.com/compute-type", "fargate")]
    [InlineData("type", "virtual-kubelet")]
    [InlineData("type", "kwok")]
    [InlineData("node.kubernetes.io/instance-type", "eklet")]
    [InlineData("liqo.io/type", "virtual-node")]
    public void No_cache_is_scheduled_to_a_node_that_runs_no_daemonset(string label, string value)
    {
        string[][] affinities =
        [
            [],
            ["--set-json", """cache.affinity={"podAffinity":{}}"""],
            ["--set-json", """cache.affinity={"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"pool","operator":"Exists"}]},{"matchFields":[{"key":"metadata.name","operator":"In","values":["a"]}]}]}}}"""],
        ];
        Assert.All(affinities, arguments => Assert.All(Terms(arguments), term =>
            Assert.Contains(term!["matchExpressions"]!.AsArray(), e => e!.Text("key") == label && e!.Text("operator") == "NotIn"
                && e!.Strings("values").Contains(value))));
        Assert.Equal(2, Terms(affinities[2]).Count);
        Assert.Equal("pool", Terms(affinities[2])[0]!.Text("matchExpressions.0.key"));
    }

    /// <summary>Such a pod would be given an address at which nobody listens.</summary>
    [Fact]
    public void A_pod_for_a_node_without_a_cache_is_left_alone()
    {
        var settings = new InjectionSettings(
            new DnsModel { LocalAddresses = ["169.254.20.10"], ClusterDns = ["10.96.0.10"], ClusterDomain = "cluster.local", HostSearches = [] },
            new SelectionModel());
        var nodes = Terms()[0]!["matchExpressions"]!.AsArray().SelectMany(e => e!.Strings("values").Select(value => (e!.Text("key"), value))).ToList();
        Assert.NotEmpty(nodes);
        Assert.All(nodes, node =>
        {
            using var pod = JsonDocument.Parse($$$"""{"metadata": {}, "spec": {"containers": [], "nodeSelector": {"{{{node.Item1}}}": "{{{node.value}}}"} } }""");
            var decision = new DnsPolicyDecider(settings).Decide(pod.RootElement, "web", NamespaceSettings.Unknown, CacheState.NotProbed, new Warnings());
            Assert.Contains(decision.Reason, new SkipReason?[] { SkipReason.Fargate, SkipReason.VirtualNode });
        });
    }

    /// <summary>Such a term matches no node; with labels of ours in it, it would match nearly all.</summary>
    [Fact]
    public void An_empty_node_term_stays_empty() => Assert.Equal("{}", Terms("--set-json",
        """cache.affinity={"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{},{"matchExpressions":[{"key":"pool","operator":"Exists"}]}]}}}""")[0]!.ToJsonString());

    /// <summary>Where the API server does not reach pods: EKS with another CNI.</summary>
    [Fact]
    public void On_the_nodes_network_the_webhooks_resolv_conf_is_still_kubelets()
    {
        var pod = Rendered.With("--set", "webhook.hostNetwork=true").One("Deployment", "nd-webhook").At("spec.template.spec")!;
        Assert.Equal("true", pod.Text("hostNetwork"));
        Assert.Equal("ClusterFirstWithHostNet", pod.Text("dnsPolicy"));
    }

    [Fact]
    public void On_an_ipv6_cluster_all_metrics_are_reachable()
    {
        var rendered = Rendered.Exactly("1.36.3", "--set", "dns.clusterDNS={fd00:96::a},dns.localAddresses={fd00:20::10}");
        Assert.Contains("--metrics-listen=:9254", rendered.One("DaemonSet", "nd-cache").Container("guard").Strings("args"));
        Assert.Contains("prometheus :9253\n", rendered.One("ConfigMap", "nd-cache").Text("data.Corefile"), StringComparison.Ordinal);
        Assert.Contains("--metrics-listen=:8080", rendered.One("Deployment", "nd-webhook").Container("webhook").Strings("args"));
    }

    [Fact]
    public void Metrics_listen_where_the_values_say()
    {
        var rendered = Rendered.With("--set", "guard.metricsAddress=127.0.0.1,cache.metricsAddress=fd00::1");
        Assert.Contains("--metrics-listen=127.0.0.1:9254", rendered.One("DaemonSet", "nd-cache").Container("guard").Strings("args"));
        Assert.Contains("prometheus [fd00::1]:9253\n", rendered.One("ConfigMap", "nd-cache").Text("data.Corefile"), StringComparison.Ordinal);
    }
}
