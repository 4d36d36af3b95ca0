using System.Text.Json.Nodes;
using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Scenarios;

[Collection(Order.Uninstalled)]
public sealed class UninstallTests(Installation installation)
{
    [Fact]
    public void Helm_uninstall_leaves_pods_that_still_resolve()
    {
        const string ns = Installation.Labelled;
        Pods.Start(Pods.Sleeping(ns, "left"));
        Assert.Equal([Installation.LocalAddress, installation.ClusterDns], Pods.ResolvConfOf(ns, "left").Nameservers);

        // One that would lose DNS stops it, by name, and everything stays.
        Pods.Start(Pods.Sleeping(ns, "alone").Annotated("nodedns.io/fallback", "none"));
        Assert.Equal([Installation.LocalAddress], Pods.ResolvConfOf(ns, "alone").Nameservers);
        var refused = Uninstall();
        Assert.NotEqual(0, refused.ExitCode);
        var said = Kubectl.Run("logs", "-n", Installation.Namespace, $"job/{Installation.Release}-uninstall-check");
        Assert.Contains("1 pod has the node cache (169.254.20.10) as the only nameserver", said, StringComparison.Ordinal);
        Assert.Contains($"  {ns}/alone\n", said, StringComparison.Ordinal);
        Assert.Contains("uninstall.force=true", said, StringComparison.Ordinal);
        Assert.NotEmpty(Installation.CachePods());

        // Helm calls it uninstalling now, and a rollback brings it back.
        var revision = JsonNode.Parse(Kubectl.Helm("history", Installation.Release, "--namespace", Installation.Namespace, "-o", "json"))!
            .AsArray()[^1]!["revision"]!.ToString();
        Kubectl.Helm("rollback", Installation.Release, revision, "--namespace", Installation.Namespace, "--wait", "--timeout=120s");
        Installation.WaitUntilInjecting();
        Pods.Start(Pods.Sleeping(ns, "still"));
        Assert.Equal([Installation.LocalAddress, installation.ClusterDns], Pods.ResolvConfOf(ns, "still").Nameservers);

        Kubectl.Run("delete", "pod", "-n", ns, "alone", "--wait");
        var gone = Uninstall();
        Assert.True(gone.ExitCode == 0, gone.Output + gone.Error);
        Installation.AssertNothingLeft(Installation.Namespace, Installation.Release);
        Kubectl.Run("wait", "-n", Installation.Namespace, "--for=delete", "pod", "--all", "--timeout=60s");
        Assert.Contains("10.96.0.1", Kubectl.Try("exec", "-n", ns, "left", "--", "ping", "-c", "1", "-W", "1", "kubernetes.default").Output,
            StringComparison.Ordinal);

        Pods.Start(Pods.Sleeping(ns, "after"));
        Assert.Equal([installation.ClusterDns], Pods.ResolvConfOf(ns, "after").Nameservers);
    }

    private static Tool Uninstall() =>
        Kubectl.TryHelm("uninstall", Installation.Release, "--namespace", Installation.Namespace, "--wait", "--timeout=120s");
}
