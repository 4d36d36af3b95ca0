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
        const string ns = "shop";
        _cluster.Apply(Manifests.Namespace(ns)
            + Manifests.Workload("Deployment", ns, "web")
            + Manifests.Workload("ReplicaSet", ns, "web-6d5f7d6c9b", owner: "Deployment/web")
            + Manifests.Pod(ns, "web-1", "ReplicaSet/web-6d5f7d6c9b")
            + Manifests.Pod(ns, "web-2", "ReplicaSet/web-6d5f7d6c9b", Manifests.OnCache)
            + Manifests.Pod(ns, "agent", "", "hostNetwork: true, "));
        var report = Plugin.Run(_cluster, "report", "-n", ns);
        Assert.Equal("", report.Error.Replace(Note, "", StringComparison.Ordinal).Trim());
        Assert.Equal(1, report.ExitCode);
        Assert.Contains("shop        deployment/web   2      1          1", report.Output, StringComparison.Ordinal);
        Assert.Contains("kubectl nodedns rollout -n shop deployment/web", report.Output, StringComparison.Ordinal);
        Assert.Contains("1 host-network", report.Output, StringComparison.Ordinal);
    }

    private const string Note = "note: the webhook's settings are read from its arguments: no replica is ready";
}
