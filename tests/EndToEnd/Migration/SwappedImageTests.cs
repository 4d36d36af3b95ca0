using System.Diagnostics;
using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Migration;

/// <summary>The official manifest with its image swapped for ours, where the chart is not installed.</summary>
[Collection(Order.Swapped)]
public sealed class SwappedImageTests(Installation installation)
{
    private const string Ns = Installation.Unlabelled;

    [Fact]
    public void The_official_manifest_runs_with_nothing_changed_but_its_image()
    {
        Kubectl.TryHelm("uninstall", Installation.Release, "--namespace", Installation.Namespace, "--wait", "--timeout=180s");
        var manifest = File.ReadAllText(Path.Combine(Tool.Checkout, "tests", "EndToEnd", "Migration", "nodelocaldns.yaml"))
            .Replace("image: IMAGE", "image: " + Images.Cache, StringComparison.Ordinal)
            .Replace("10.96.0.10", installation.ClusterDns, StringComparison.Ordinal);
        try
        {
            Kubectl.Apply(manifest);
            Kubectl.Run("rollout", "status", "-n", "kube-system", "daemonset/node-local-dns", "--timeout=180s");
            var pod = (string)Kubectl.Json("get", "pods", "-n", "kube-system", "-l", "k8s-app=node-local-dns")["items"]![0]!["metadata"]!["name"]!;

            // An ordinary pod asks the ClusterIP, which the node's cache now holds too.
            Pods.Start(Pods.Sleeping(Ns, "intercepted").On(Pods.NodeOf("kube-system", pod)));
            Assert.Equal([installation.ClusterDns], Pods.ResolvConfOf(Ns, "intercepted").Nameservers);
            WaitUntilCounted(pod, installation.ClusterDns);
            WaitUntilCounted(pod, Installation.LocalAddress);
            var before = Requests(pod);
            Assert.Contains("10.96.0.1", Kubectl.Exec(Ns, "intercepted", "nslookup", "kubernetes.default.svc.cluster.local"),
                StringComparison.Ordinal);
            Assert.Contains("192.0.2.7", Kubectl.Exec(Ns, "intercepted", "nslookup", "a.outside.test", Installation.LocalAddress),
                StringComparison.Ordinal);
            Assert.True(Requests(pod) >= before + 2);
        }
        finally
        {
            Tool.RunWith(manifest, Tool.Find("kubectl").Path!, "delete", "--ignore-not-found", "--timeout=180s", "-f", "-");
        }
    }

    /// <summary>The official manifest has no readiness probe, so its pod counts as ready before the cache has the sockets.
    /// Until then the guard relays to cluster DNS, or kube-proxy does: lookups are answered, and the cache counts none.</summary>
    private static void WaitUntilCounted(string pod, string server)
    {
        var waited = Stopwatch.StartNew();
        double before;
        do
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(90), $"the cache answers none of the pod's lookups at {server}");
            before = Requests(pod);
            Kubectl.Exec(Ns, "intercepted", "nslookup", "kubernetes.default.svc.cluster.local", server);
        }
        while (before < 0 || Requests(pod) <= before);
    }

    /// <summary>Requests that the pod has answered; -1 while its metrics cannot be read.</summary>
    private static double Requests(string pod) =>
        Kubectl.Try("get", "--raw", $"/api/v1/namespaces/kube-system/pods/{pod}:9253/proxy/metrics") is { ExitCode: 0, Output: var text }
            ? Installation.Sum(text, "coredns_dns_requests_total")
            : -1;
}
