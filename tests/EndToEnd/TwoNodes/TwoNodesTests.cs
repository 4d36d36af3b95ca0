using System.Diagnostics;
using NodeDns.EndToEnd.Cluster;
using NodeDns.EndToEnd.Continuity;

namespace NodeDns.EndToEnd.TwoNodes;

/// <summary>What needs more than one node. In the cluster of eng/cluster the second one joins for these tests; any other cluster
/// has its own nodes, and what takes a node away is skipped there.</summary>
[Collection(Order.TwoNodes)]
public sealed class TwoNodesTests : IClassFixture<SecondNode>
{
    private const string Ns = Installation.Labelled;
    private const string First = "node1";
    private const string Second = SecondNode.Name;
    private const string Webhook = "deployment/node-dns-webhook";
    private const string WebhookLabel = "app.kubernetes.io/name=node-dns-webhook";

    private readonly Installation _installation;
    private readonly ITestOutputHelper _output;

    public TwoNodesTests(Installation installation, ITestOutputHelper output)
    {
        (_installation, _output) = (installation, output);
        if (OwnCluster.Is)
        {
            SecondNode.Join();
        }
    }

    [Fact]
    public void A_rolling_update_of_the_daemonset_loses_none()
    {
        using var askers = AskOnAllNodes("rollout");
        RollingUpdate();
        askers.AssertNoneLost(_output);
    }

    /// <summary>The rollout stops at the first node, however long it is left alone: there the new pod stays unready and the old
    /// one serves on. The other node has no new pod.</summary>
    [Fact]
    public void An_upgrade_to_a_cache_that_never_gets_ready_stops_at_one_node_and_loses_none()
    {
        using var askers = AskOnAllNodes("broken");
        var old = Installation.CachePods();
        var restarts = old.Select(Restarts).ToArray();
        Kubectl.Helm(["upgrade", Installation.Release, Tool.ChartFolder, "--namespace", Installation.Namespace,
            "--reuse-values", "--set", "cache.extraArgs={--no-such-argument}"]);
        try
        {
            // Longer than it takes to look unready (3 probes of 2 s), or to be restarted by a probe of its liveness (6 of 10 s).
            Assert.NotEqual(0, Kubectl.Try("rollout", "status", "-n", Installation.Namespace, Installation.DaemonSet,
                "--timeout=75s").ExitCode);
            _output.WriteLine(Kubectl.Run("get", "pods", "-n", Installation.Namespace, "-o", "wide"));
            Assert.Equal("False", Ready(Assert.Single(Installation.CachePods().Except(old))));
            Assert.All(old, pod => Assert.Equal("True", Ready(pod)));
            Assert.Equal(restarts, old.Select(Restarts));
        }
        finally
        {
            Kubectl.Helm("rollback", Installation.Release, "--namespace", Installation.Namespace, "--wait", "--timeout=180s");
        }

        Kubectl.Run("rollout", "status", "-n", Installation.Namespace, Installation.DaemonSet, "--timeout=180s");
        Assert.Equal(old.Order(StringComparer.Ordinal), Installation.CachePods().Order(StringComparer.Ordinal));
        askers.AssertNoneLost(_output);
    }

    /// <summary>The only pod of cluster DNS moves to the other node, and then the cache is replaced. The old pod ends before kube-proxy
    /// knows the new one: for a second or two lookups wait, of which a client may have 1,000.</summary>
    [Fact]
    public void With_cluster_DNS_on_the_other_node_only_a_rolling_update_loses_none()
    {
        SkipUnlessOwn();
        using var askers = new Askers(
            "other", Installation.LocalAddress, Installation.LocalAddress, [First], ClusterDns.Fresh, perSecond: 200);
        try
        {
            PutClusterDns($$"""{"kubernetes.io/hostname": "{{Second}}"}""");
            Kubectl.Run("wait", "-n", ClusterDns.Namespace, "--for=jsonpath={.status.replicas}=1", ClusterDns.Deployment, "--timeout=180s");
            Assert.Equal(Second, Pods.NodeOf(ClusterDns.Namespace, Assert.Single(Pods.NamesOf(ClusterDns.Namespace, ClusterDns.Label))));
            RollingUpdate();
            askers.AssertNoneLost(_output);
        }
        finally
        {
            PutClusterDns("null");
        }
    }

    /// <summary>The webhook's pod and one of the two of cluster DNS leave the node. The cache stays, and serves those that stay:
    /// names that nobody has asked for too.</summary>
    [Fact]
    public async Task A_drain_loses_no_lookup_and_misses_no_pod()
    {
        SkipUnlessOwn();
        try
        {
            ClusterDns.Scale(2);
            Spread(ClusterDns.Namespace, ClusterDns.Deployment, ClusterDns.Label);
            Spread(Installation.Namespace, Webhook, WebhookLabel);
            // New caches look cluster DNS up at once; the old ones, when the answer's TTL of 30 s is over.
            RollingUpdate();
            ClusterDns.UntilKnown(2);
            using var fresh = new Askers("drain-fresh", Installation.LocalAddress, Installation.LocalAddress, [First, Second], ClusterDns.Fresh);
            using var usual = AskOnAllNodes("drain");
            var drain = Task.Run(() => Kubectl.Run("drain", Second, "--ignore-daemonsets", "--delete-emptydir-data", "--force",
                "--pod-selector", "!" + Askers.Label, "--timeout=180s"));
            var created = 0;
            do
            {
                Assert.Equal("None", DnsPolicyOfANewPod());
                created++;
            }
            while (!drain.IsCompleted);
            _output.WriteLine($"{created} pods created meanwhile\n{await drain}");
            Assert.Empty(Pods.NamesOf(Installation.Namespace, WebhookLabel, Second));
            Assert.Empty(Pods.NamesOf(ClusterDns.Namespace, ClusterDns.Label, Second));
            Assert.Equal("True", Ready(Installation.CachePodOn(Second)));
            fresh.AssertNoneLost(_output);
            usual.AssertNoneLost(_output);
        }
        finally
        {
            Kubectl.Run("uncordon", Second);
            ClusterDns.Scale(1);
        }
    }

    /// <summary>Until the cluster knows that the node is lost, calls that meet its replica end unanswered. Then every pod is injected
    /// again, by the other.</summary>
    [Fact]
    public void A_webhooks_replica_that_is_lost_with_its_node_is_done_without()
    {
        SkipUnlessOwn();
        Spread(Installation.Namespace, Webhook, WebhookLabel);
        try
        {
            var waited = Stopwatch.StartNew();
            SecondNode.Lose();
            Installation.WaitUntilInjecting();
            _output.WriteLine($"all pods were injected again {waited.Elapsed.TotalSeconds:0} s after the loss");
            Kubectl.Run("wait", "node", Second, "--for=condition=Ready=Unknown", "--timeout=180s");
            Installation.WaitUntilInjecting();
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal("None", DnsPolicyOfANewPod());
            }
        }
        finally
        {
            SecondNode.Leave();
        }
    }

    /// <summary>The cache's image takes longer to come than the others: a pod that is there before the cache asks its second
    /// nameserver, and the cache from its start on.</summary>
    [Fact]
    public void On_a_node_that_joins_pods_resolve_before_its_cache_is_there()
    {
        SkipUnlessOwn();
        SecondNode.Leave();
        var images = Path.Combine(Tool.Checkout, "artifacts", "images");
        var cache = Path.Combine(images, "cache.tar");
        SecondNode.Join([.. Directory.GetFiles(Path.Combine(Tool.Checkout, "artifacts", "cluster", "images"), "*.tar"),
            .. Directory.GetFiles(images, "*.tar").Where(archive => archive != cache)]);

        Pods.Start(Pods.Sleeping(Ns, "early").On(Second));
        Assert.Equal([Installation.LocalAddress, _installation.ClusterDns], Pods.ResolvConfOf(Ns, "early").Nameservers);
        Assert.Equal("False", Ready(Installation.CachePodOn(Second)));
        Assert.Contains("10.96.0.1", Kubectl.Try("exec", "-n", Ns, "early", "--", "ping", "-c", "1", "-W", "1",
            "kubernetes.default.svc.cluster.local.").Output, StringComparison.Ordinal);

        OwnCluster.Node("import", "2", cache);
        // kubelet waits longer and longer before it looks for an image again; for a new pod it looks at once.
        Kubectl.Run("delete", "pod", "-n", Installation.Namespace, Installation.CachePodOn(Second), "--wait=true", "--timeout=180s");
        Kubectl.Run("rollout", "status", "-n", Installation.Namespace, Installation.DaemonSet, "--timeout=180s");
        Assert.Contains("10.96.0.1", Kubectl.Exec(Ns, "early", "nslookup", "kubernetes.default.svc.cluster.local", Installation.LocalAddress),
            StringComparison.Ordinal);
        Kubectl.Run("delete", "pod", "-n", Ns, "early", "--wait=false");
    }

    private static void SkipUnlessOwn() => Assert.SkipUnless(OwnCluster.Is, "takes a node away: not in a cluster of somebody's own");

    private static void RollingUpdate()
    {
        Kubectl.Run("rollout", "restart", "-n", Installation.Namespace, Installation.DaemonSet);
        Kubectl.Run("rollout", "status", "-n", Installation.Namespace, Installation.DaemonSet, "--timeout=180s");
    }

    private static Askers AskOnAllNodes(string name) =>
        new(name, Installation.LocalAddress, Installation.LocalAddress, SecondNode.Nodes());

    private static string? DnsPolicyOfANewPod() =>
        (string?)Kubectl.DryRun(Pods.Sleeping(Ns, "new").ToJsonString(), Ns).Object["spec"]!["dnsPolicy"];

    /// <summary>One of a Deployment's two pods on each node. A new one goes where none is.</summary>
    private static void Spread(string ns, string deployment, string label)
    {
        var waited = Stopwatch.StartNew();
        Kubectl.Run("rollout", "status", "-n", ns, deployment, "--timeout=180s");
        while (new[] { First, Second }.Any(node => Pods.NamesOf(ns, label, node).Length != 1))
        {
            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(3), Kubectl.Run("get", "pods", "-n", ns, "-o", "wide"));
            Kubectl.Run("delete", "pod", "-n", ns, Pods.NamesOf(ns, label)[0], "--wait=true", "--timeout=180s");
            Kubectl.Run("rollout", "status", "-n", ns, deployment, "--timeout=180s");
        }
    }

    /// <param name="nodeSelector">As JSON.</param>
    private static void PutClusterDns(string nodeSelector)
    {
        Kubectl.Run("patch", "-n", ClusterDns.Namespace, ClusterDns.Deployment, "-p",
            $$$"""{"spec": {"template": {"spec": {"nodeSelector": {{{nodeSelector}}} } } } }""");
        Kubectl.Run("rollout", "status", "-n", ClusterDns.Namespace, ClusterDns.Deployment, "--timeout=180s");
    }

    private static string Ready(string pod) => Kubectl.Run("get", "pod", "-n", Installation.Namespace, pod,
        "-o", "jsonpath={.status.conditions[?(@.type==\"Ready\")].status}");

    private static int Restarts(string pod) => (int)Kubectl.Json("get", "pod", "-n", Installation.Namespace, pod)
        ["status"]!["containerStatuses"]!.AsArray().Single(c => (string)c!["name"]! == "cache")!["restartCount"]!;
}
