using NodeDns.Cli.Tests.Cluster;

namespace NodeDns.Cli.Tests;

/// <summary>A report goes by the settings that are in force, whatever changes pods: the chart's own objects are put on the API
/// server under values that are not the defaults.</summary>
public sealed class EngineTests : IDisposable
{
    private static readonly string[] s_values =
    [
        "selection.mode=optOut", "selection.excludedNamespaces={engine-excluded}", "selection.injectHostNetwork=false", "dns.localAddresses={169.254.20.11}",
    ];

    private readonly ControlPlane _cluster;
    private readonly List<string> _manifests = [];

    public EngineTests(ControlPlane cluster)
    {
        _cluster = cluster;
        _cluster.Require();
        _cluster.Apply(Manifests.Release);
        _cluster.Do("delete", "deployment,daemonset", "-n", "node-dns", "--all");
    }

    public void Dispose()
    {
        foreach (var manifest in _manifests)
        {
            _cluster.KubectlWith(manifest, "delete", "--ignore-not-found", "-f", "-");
        }
    }

    [Theory]
    [InlineData("webhook", true)]
    [InlineData("policy", true)]
    [InlineData("auto", true)]
    [InlineData("policy", false)]
    public void The_settings_are_read_where_the_engine_has_them(string engine, bool hasCache)
    {
        Install([$"engine={engine}", $"cache.enabled={(hasCache ? "true" : "false")}", .. s_values]);
        _cluster.Apply(Manifests.Namespace("engine-out", labelled: false) + Manifests.Pod("engine-out", "waits")
            + Manifests.Pod("engine-out", "host", "", "hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet, ")
            + Manifests.Pod("engine-out", "moved", "", Manifests.OnCache.Replace("169.254.20.10", "169.254.20.11", StringComparison.Ordinal))
            + Manifests.Namespace("engine-excluded", labelled: false) + Manifests.Pod("engine-excluded", "left"));
        var run = Plugin.Run(_cluster, "report", "-n", "engine-out");
        Assert.Contains("3 pods in namespace engine-out: 1 on the cache, 1 pending, 1 skipped\n  1 host-network-off", run.Output, StringComparison.Ordinal);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("1 namespace-excluded", Plugin.Run(_cluster, "report", "-n", "engine-excluded").Output, StringComparison.Ordinal);
    }

    /// <summary>The policy draws otherwise than the webhook: what is pending is what the API server would change.</summary>
    [Fact]
    public void The_share_of_a_policy_is_the_one_that_it_draws()
    {
        const string ns = "engine-share";
        var names = Enumerable.Range(0, 40).Select(i => $"web-{i}").ToList();
        Install(["engine=policy", "selection.percent=50"], inForce: true);
        _cluster.Apply(Manifests.Namespace(ns));
        ControlPlane.Until(() => Created(ns, Asking(ns)), "the policy is not in force");
        var expected = names.Where(name => Created(ns, Manifests.Pod(ns, name, $"StatefulSet/{name}"))).ToList();
        Assert.InRange(expected.Count, 5, 35);
        _cluster.Do("delete", "mutatingadmissionpolicybinding", "-l", "app.kubernetes.io/name=node-dns-policy");
        ControlPlane.Until(() => !Created(ns, Asking(ns)), "the policy is still in force");
        _cluster.Apply(string.Concat(names.Select(name => Manifests.Pod(ns, name, $"StatefulSet/{name}"))));
        var found = Plugin.Run(_cluster, "report", "-n", ns, "-o", "name").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected.Select(name => $"statefulset.apps/{name}").Order(StringComparer.Ordinal), found);
    }

    /// <summary>Annotations of namespaces count only where the chart lets the webhook read namespaces.</summary>
    [Theory]
    [InlineData("webhook", false)]
    [InlineData("webhook", true)]
    [InlineData("policy", false)]
    [InlineData("policy", true)]
    public void Annotations_of_namespaces_count_where_they_are_read(string engine, bool read)
    {
        const string ns = "engine-annotated";
        Install([$"engine={engine}", $"selection.namespaceSettings={(read ? "true" : "false")}"]);
        _cluster.Apply($"{{apiVersion: v1, kind: Namespace, metadata: {{name: {ns}, labels: {{nodedns.io/inject: enabled}}, annotations: {{nodedns.io/percent: '0'}}}}}}\n---\n"
            + Manifests.Pod(ns, "p"));
        Assert.Contains(read ? "0 pending, 1 skipped\n  1 canary" : "1 pending, 0 skipped", Plugin.Run(_cluster, "report", "-n", ns).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_whose_settings_may_not_be_read_makes_the_answer_incomplete()
    {
        const string ns = "engine-limited";
        Install(["engine=policy"]);
        _cluster.Apply(Manifests.Namespace(ns) + Manifests.Pod(ns, "p") + """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: engine-limited}
            rules:
            - {apiGroups: ["", networking.k8s.io, apps, batch], resources: [pods, namespaces, nodes, networkpolicies, deployments, daemonsets, replicasets], verbs: [get, list]}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: engine-limited}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: engine-limited}
            subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: limited}]
            """);
        try
        {
            ControlPlane.Until(() => _cluster.Kubectl("auth", "can-i", "list", "pods", "-n", ns, "--as=limited", "--as-group=limited").ExitCode == 0, "the role does not count");
            var path = Path.Combine(_cluster.Folder, "engine-limited");
            File.WriteAllText(path, _cluster.KubeconfigFor("limited"));
            var run = Plugin.RunAs(path, "report", "-n", ns);
            Assert.Contains("1 pod in namespace engine-limited", run.Output, StringComparison.Ordinal);
            Assert.Contains("unknown: by which settings pods are decided", run.Error, StringComparison.Ordinal);
            Assert.Contains("""resources: ["configmaps"], verbs: ["list"]""", run.Error, StringComparison.Ordinal);
            Assert.Equal(2, run.ExitCode);
        }
        finally
        {
            _cluster.Do("delete", "clusterrole,clusterrolebinding", "engine-limited");
        }
    }

    /// <summary>What the API server makes of a pod, without keeping it.</summary>
    private bool Created(string ns, string pod)
    {
        var run = _cluster.KubectlWith(pod.Split("\n---")[0], "create", "-n", ns, "--dry-run=server", "-o", "jsonpath={.spec.dnsPolicy}", "-f", "-");
        return run.Output == "None";
    }

    private static string Asking(string ns) => Manifests.Pod(ns, "asks", "StatefulSet/asks", metadata: "labels: {nodedns.io/inject: enabled}, ");

    /// <summary>The release's objects that commands read, as helm renders them for this cluster.</summary>
    /// <param name="inForce">A policy changes pods; otherwise only its record is there.</param>
    private void Install(string[] values, bool inForce = false)
    {
        foreach (var template in new[] { "webhook-deployment.yaml", "cache-daemonset.yaml", "policy.yaml" })
        {
            var run = Tool.Run(Tool.Find("helm").Path!, ["template", "node-dns", Tool.ChartFolder, "--namespace", "node-dns", "--kube-version", "1.36.0", "--set", "dns.clusterDNS={10.96.0.10}",
                "--show-only", "templates/" + template, .. values.SelectMany(value => new[] { "--set", value })]);
            if (run.ExitCode != 0)
            {
                // helm's word for a template that renders nothing under these values.
                Assert.Contains("could not find template", run.Error, StringComparison.Ordinal);
                continue;
            }

            var manifest = string.Join("\n---\n", run.Output.Split("\n---\n").Where(one => inForce || !one.Contains("kind: MutatingAdmissionPolicy", StringComparison.Ordinal)));
            _manifests.Add(manifest);
            _cluster.Apply(manifest);
        }
    }
}
