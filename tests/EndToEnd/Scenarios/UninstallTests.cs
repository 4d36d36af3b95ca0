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
        Kubectl.Helm("uninstall", Installation.Release, "--namespace", Installation.Namespace, "--wait", "--timeout=90s");
        Kubectl.Run("wait", "-n", Installation.Namespace, "--for=delete", "pod", "--all", "--timeout=60s");
        Assert.Contains("10.96.0.1", Kubectl.Try("exec", "-n", ns, "left", "--", "ping", "-c", "1", "-W", "1", "kubernetes.default").Output,
            StringComparison.Ordinal);

        Pods.Start(Pods.Sleeping(ns, "after"));
        Assert.Equal([installation.ClusterDns], Pods.ResolvConfOf(ns, "after").Nameservers);
    }
}
