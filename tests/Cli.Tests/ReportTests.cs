using System.Text.Json;
using NodeDns.Cli.Tests.Cluster;

namespace NodeDns.Cli.Tests;

/// <summary><c>report</c>, on a real API server.</summary>
public sealed class ReportTests
{
    private readonly ControlPlane _cluster;

    public ReportTests(ControlPlane cluster)
    {
        _cluster = cluster;
        _cluster.Require();
        _cluster.Apply(Manifests.Release);
    }

    [Fact]
    public void A_workload_shows_its_pods_by_where_they_stand()
    {
        const string ns = "stands";
        _cluster.Apply(Manifests.Namespace(ns)
            + Manifests.Workload("Deployment", ns, "web")
            + Manifests.Workload("ReplicaSet", ns, "web-6d5f7d6c9b", owner: "Deployment/web")
            + Manifests.Pod(ns, "web-1", "ReplicaSet/web-6d5f7d6c9b")
            + Manifests.Pod(ns, "web-2", "ReplicaSet/web-6d5f7d6c9b", Manifests.OnCache)
            + Manifests.Pod(ns, "agent", "", "hostNetwork: true, "));
        var report = Plugin.Run(_cluster, "report", "-n", ns);
        Assert.Equal(1, report.ExitCode);
        Assert.Equal(
            """
            NAMESPACE   WORKLOAD         PODS   ON CACHE   PENDING   SKIPPED          NEXT
            stands      deployment/web   2      1          1                          kubectl nodedns rollout -n stands deployment/web
            stands      pod/agent        1      0          0         1 host-network

            3 pods in namespace stands: 1 on the cache, 1 pending, 1 skipped
              1 host-network: hostNetwork with dnsPolicy ClusterFirst uses the node's resolv.conf

            """,
            report.Output);
    }

    [Theory]
    [InlineData("Deployment", "paused: true, ", "it is paused: resume it (kubectl rollout resume -n NS deployment/x)")]
    [InlineData("StatefulSet", "serviceName: x, updateStrategy: {type: OnDelete}, ", "updateStrategy is OnDelete")]
    [InlineData("DaemonSet", "updateStrategy: {type: OnDelete}, ", "updateStrategy is OnDelete")]
    [InlineData("ReplicaSet", "", "nothing rolls it out")]
    public void What_moves_a_workload_is_said(string kind, string spec, string expected)
    {
        var ns = "moves-" + kind.ToLowerInvariant();
        _cluster.Apply(Manifests.Namespace(ns) + Manifests.Workload(kind, ns, "x", spec)
            + (kind == "Deployment"
                ? Manifests.Workload("ReplicaSet", ns, "x-abc", owner: "Deployment/x") + Manifests.Pod(ns, "p", "ReplicaSet/x-abc")
                : Manifests.Pod(ns, "p", $"{kind}/x")));
        var report = Plugin.Run(_cluster, "report", "-n", ns);
        Assert.Contains(expected.Replace("NS", ns, StringComparison.Ordinal), report.Output, StringComparison.Ordinal);
        Assert.Equal(1, report.ExitCode);
    }

    [Theory]
    [InlineData("Job/run", "batch/v1", "job/run", "its next run")]
    [InlineData("Rollout/shop", "argoproj.io/v1alpha1", "rollout/shop", "kubectl nodedns rollout -n owners-rollout rollout/shop")]
    [InlineData("StrimziPodSet/kafka", "core.strimzi.io/v1beta2", "strimzipodset/kafka", "let the controller of StrimziPodSet")]
    [InlineData("", "v1", "pod/p", "delete it and create it again")]
    public void Whatever_owns_a_pod_is_its_workload(string owner, string version, string shown, string next)
    {
        var ns = "owners-" + (owner.Length > 0 ? owner.Split('/')[0].ToLowerInvariant() : "none");
        _cluster.Apply(Manifests.Namespace(ns) + Manifests.Pod(ns, "p", owner, apiVersion: version));
        var report = Plugin.Run(_cluster, "report", "-n", ns);
        Assert.Contains(shown, report.Output, StringComparison.Ordinal);
        Assert.Contains(next, report.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Pods_that_are_done_or_leaving_do_not_count()
    {
        const string ns = "done";
        _cluster.Apply(Manifests.Namespace(ns) + Manifests.Pod(ns, "ran") + Manifests.Pod(ns, "failed")
            + Manifests.Pod(ns, "leaving", metadata: "finalizers: [test/wait], "));
        _cluster.Do("patch", "pod", "-n", ns, "ran", "--subresource=status", "--type=merge", "-p", """{"status": {"phase": "Succeeded"}}""");
        _cluster.Do("patch", "pod", "-n", ns, "failed", "--subresource=status", "--type=merge", "-p", """{"status": {"phase": "Failed"}}""");
        _cluster.Do("delete", "pod", "-n", ns, "leaving", "--wait=false");
        var report = Plugin.Run(_cluster, "report", "-n", ns);
        Assert.Contains("0 pods in namespace done", report.Output, StringComparison.Ordinal);
        Assert.Equal(0, report.ExitCode);
    }

    [Fact]
    public void A_namespace_that_is_not_labelled_has_nothing_to_do()
    {
        const string ns = "unlabelled";
        _cluster.Apply(Manifests.Namespace(ns, labelled: false) + Manifests.Pod(ns, "p"));
        var report = Plugin.Run(_cluster, "report", "-n", ns);
        Assert.Contains("1 not-opted-in", report.Output, StringComparison.Ordinal);
        Assert.Contains("Nothing to do.", report.Output, StringComparison.Ordinal);
        Assert.Equal(0, report.ExitCode);
        Assert.Contains("pod/p", Plugin.Run(_cluster, "report", "-n", ns, "--all").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Formats_are_kubectls()
    {
        const string ns = "formats";
        _cluster.Apply(Manifests.Namespace(ns) + Manifests.Pod(ns, "p") + Manifests.Pod(ns, "q", metadata: "") + Manifests.Pod(ns, "r", "", Manifests.OnCache));
        Assert.Equal("pod/p\npod/q\n", Plugin.Run(_cluster, "report", "-n", ns, "-o", "name").Output);
        using var json = JsonDocument.Parse(Plugin.Run(_cluster, "report", "-n", ns, "-o", "json").Output);
        Assert.Equal(2, json.RootElement.GetProperty("summary").GetProperty("pending").GetInt32());
        Assert.Equal(3, json.RootElement.GetProperty("workloads").GetArrayLength());
        var yaml = new YamlDotNet.Serialization.DeserializerBuilder().Build()
            .Deserialize<Dictionary<string, object>>(Plugin.Run(_cluster, "report", "-n", ns, "-o", "yaml").Output);
        Assert.Equal("Report", yaml["kind"]);
        Assert.DoesNotContain("NAMESPACE", Plugin.Run(_cluster, "report", "-n", ns, "--no-headers").Output, StringComparison.Ordinal);
        Assert.Contains("BLOCKED BY", Plugin.Run(_cluster, "report", "-n", ns, "-o", "wide").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("closed", "podSelector: {}, policyTypes: [Egress]", true)]
    [InlineData("dns-only", "podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], ports: [{protocol: UDP, port: 53}]}]", true)]
    [InlineData("udp-only", "podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 169.254.20.10/32}}], ports: [{protocol: UDP, port: 53}]}]", true)]
    [InlineData("excepted", "podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}]}]", true)]
    [InlineData("other", "podSelector: {matchLabels: {app: other}}, policyTypes: [Egress]", false)]
    [InlineData("ingress", "podSelector: {}, policyTypes: [Ingress]", false)]
    [InlineData("open", "podSelector: {}, policyTypes: [Egress], egress: [{}]", false)]
    [InlineData("range", "podSelector: {}, policyTypes: [Egress], egress: [{ports: [{protocol: UDP, port: 1, endPort: 100}, {protocol: TCP, port: 53}]}]", false)]
    [InlineData("block", "podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 169.254.20.0/24}}]}]", false)]
    public void A_policy_that_blocks_the_cache_is_found_and_its_patch_heals_it(string name, string spec, bool blocks)
    {
        var ns = "policy-" + name;
        _cluster.Apply(Manifests.Namespace(ns) + Manifests.Pod(ns, "p", "", Manifests.OnCache)
            + $"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: {ns}}}\nspec: {{{spec}}}\n");
        var report = Plugin.Run(_cluster, "report", "-n", ns);
        Assert.Equal(blocks ? 1 : 0, report.ExitCode);
        var patch = Plugin.Run(_cluster, "report", "--policy", $"{ns}/{name}", "-o", "yaml");
        if (!blocks)
        {
            return;
        }

        Assert.Contains($"NetworkPolicy {ns}/{name} keeps 1 pod from 169.254.20.10:53", report.Output, StringComparison.Ordinal);
        var patched = _cluster.KubectlWith(patch.Output, "patch", "networkpolicy", "-n", ns, name, "--type", "json", "--patch-file", "/dev/stdin");
        Assert.True(patched.ExitCode == 0, patched.Error + patch.Output);
        Assert.Equal(0, Plugin.Run(_cluster, "report", "-n", ns).ExitCode);
    }

    [Fact]
    public void Watching_shows_a_workload_again_when_its_pods_change()
    {
        const string ns = "watched";
        _cluster.Apply(Manifests.Namespace(ns) + Manifests.Pod(ns, "web-1", "StatefulSet/web"));
        using var watch = Plugin.Start(_cluster, "report", "-n", ns, "-w");
        var line = "";
        while (!line.StartsWith("1 pod in", StringComparison.Ordinal))
        {
            line = watch.StandardOutput.ReadLine() ?? throw new InvalidOperationException(watch.StandardError.ReadToEnd());
        }

        _cluster.Apply(Manifests.Pod(ns, "web-2", "StatefulSet/web", Manifests.OnCache));
        Assert.Equal("watched   statefulset/web   2   1   1      kubectl nodedns rollout -n watched statefulset/web", watch.StandardOutput.ReadLine());
        Tool.Run("kill", "-INT", $"{watch.Id}");
        watch.WaitForExit();
        Assert.Equal(1, watch.ExitCode);
    }
}
