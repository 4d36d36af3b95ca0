using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Continuity;

/// <summary>
/// What happens to the node's cache, and a pod that asks it without a pause: 1,000 lookups a second over UDP, 100 over
/// TCP, half of the names fresh (tests/EndToEnd/asker). Rolling updates are in TwoNodesTests.
/// </summary>
[Collection(Order.Continuity)]
public sealed class NoLookupLostTests(Installation installation, ITestOutputHelper output)
{
    /// <summary>The pod's successor only starts when it has gone, so for a moment nobody is there: its own resolver's
    /// way applies, the second nameserver after a refusal.</summary>
    [Fact]
    public void Deleting_the_caches_pod_loses_none() =>
        LosesNone("delete", $"{Installation.LocalAddress},{installation.ClusterDns}", DeletePod);

    /// <summary>Where clients are flipped to cluster DNS in the kernel, they need no second nameserver: the endpoint is the
    /// one that kube-proxy has chosen for the guard's own query.</summary>
    [Fact]
    public void Deleting_the_caches_pod_loses_none_with_one_nameserver_where_clients_are_flipped()
    {
        SetExitMode("flip");
        try
        {
            LosesNone("flip", Installation.LocalAddress, DeletePod);
        }
        finally
        {
            SetExitMode("refuse");
        }
    }

    /// <summary>What the killed process had read and not yet answered is relayed by the guard. Only its TCP connections end
    /// with it, and a resolver whose connection ends asks the next nameserver.</summary>
    [Fact]
    public void An_oom_kill_of_the_cache_container_loses_none() => LosesNone("oom", Installation.LocalAddress, node =>
    {
        var pod = Installation.CachePodOn(node);
        var before = Restarts(pod);
        var cgroup = ContainerCgroup.Find(Installation.Namespace, pod, "cache");
        Assert.SkipWhen(cgroup is null, "the node's cgroups cannot be reached from here");
        cgroup!.KillByMemory();
        Kubectl.Run("wait", "-n", Installation.Namespace, $"--for=jsonpath={{.status.containerStatuses[?(@.name==\"cache\")].restartCount}}={before + 1}",
            "pod/" + pod, "--timeout=180s");
        var terminated = Cache(pod)["lastState"]!["terminated"]!;
        output.WriteLine($"last state: {terminated.ToJsonString()}");
        Assert.Equal(137, (int)terminated["exitCode"]!);
        Kubectl.WaitReady(Installation.Namespace, "pod/" + pod);
    }, tcpServers: $"{Installation.LocalAddress},{installation.ClusterDns}");

    private static void DeletePod(string node)
    {
        Kubectl.Run("delete", "pod", "-n", Installation.Namespace, Installation.CachePodOn(node), "--wait=true", "--timeout=180s");
        Kubectl.Run("rollout", "status", "-n", Installation.Namespace, Installation.DaemonSet, "--timeout=180s");
    }

    private static void SetExitMode(string mode)
    {
        Kubectl.Helm(["upgrade", Installation.Release, Tool.ChartFolder, "--namespace", Installation.Namespace,
            "--reuse-values", "--set", $"guard.exitMode={mode}", "--wait", "--timeout=180s"]);
        Kubectl.Run("rollout", "status", "-n", Installation.Namespace, Installation.DaemonSet, "--timeout=180s");
    }

    private static int Restarts(string pod) => (int)Cache(pod)["restartCount"]!;

    private static System.Text.Json.Nodes.JsonNode Cache(string pod) => Kubectl.Json("get", "pod", "-n", Installation.Namespace, pod)
        ["status"]!["containerStatuses"]!.AsArray().Single(c => (string)c!["name"]! == "cache")!;

    /// <param name="happens">To the node that is given.</param>
    private void LosesNone(string name, string servers, Action<string> happens, string? tcpServers = null)
    {
        using var askers = new Askers(name, servers, tcpServers ?? servers);
        happens(askers.Node);
        askers.AssertNoneLost(output);
    }
}
