using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Continuity;

/// <summary>
/// What happens to the node's cache, and a pod that asks it without a pause: 1,000 lookups a second over UDP, 100 over
/// TCP, half of the names fresh (tests/EndToEnd/asker).
/// </summary>
[Collection(Order.Continuity)]
public sealed class NoLookupLostTests(Installation installation, ITestOutputHelper output)
{
    private const string Ns = Installation.Labelled;

    [Fact]
    public void A_rolling_update_of_the_daemonset_loses_none() => LosesNone("rollout", Installation.LocalAddress, RollingUpdate);

    /// <summary>The rollout stops at the first node, however long it is left alone: there the new pod stays unready and the old
    /// one serves on.</summary>
    [Fact]
    public void An_upgrade_to_a_cache_that_never_gets_ready_stops_and_loses_none() => LosesNone("broken", Installation.LocalAddress, () =>
    {
        var old = Assert.Single(Installation.CachePods());
        var restarts = Restarts(old);
        Kubectl.Helm(["upgrade", Installation.Release, Tool.ChartFolder, "--namespace", Installation.Namespace,
            "--reuse-values", "--set", "cache.extraArgs={--no-such-argument}"]);
        try
        {
            // Longer than it takes to look unready (3 probes of 2 s), or to be restarted by a probe of its liveness (6 of 10 s).
            Assert.NotEqual(0, Kubectl.Try("rollout", "status", "-n", Installation.Namespace, Installation.DaemonSet,
                "--timeout=75s").ExitCode);
            var broken = Assert.Single(Installation.CachePods(), pod => pod != old);
            output.WriteLine(Kubectl.Run("get", "pods", "-n", Installation.Namespace));
            Assert.Equal("False", Ready(broken));
            Assert.Equal("True", Ready(old));
            Assert.Equal(restarts, Restarts(old));
        }
        finally
        {
            Kubectl.Helm("rollback", Installation.Release, "--namespace", Installation.Namespace, "--wait", "--timeout=180s");
        }
        Kubectl.Run("rollout", "status", "-n", Installation.Namespace, Installation.DaemonSet, "--timeout=180s");
        Assert.Equal(old, Assert.Single(Installation.CachePods()));
    });

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
    public void An_oom_kill_of_the_cache_container_loses_none() => LosesNone("oom", Installation.LocalAddress, () =>
    {
        var pod = Assert.Single(Installation.CachePods());
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

    private static void RollingUpdate()
    {
        Kubectl.Run("rollout", "restart", "-n", Installation.Namespace, Installation.DaemonSet);
        Kubectl.Run("rollout", "status", "-n", Installation.Namespace, Installation.DaemonSet, "--timeout=180s");
    }

    private static void DeletePod()
    {
        var old = Assert.Single(Installation.CachePods());
        Kubectl.Run("delete", "pod", "-n", Installation.Namespace, old, "--wait=true", "--timeout=180s");
        Kubectl.Run("rollout", "status", "-n", Installation.Namespace, Installation.DaemonSet, "--timeout=180s");
    }

    private static void SetExitMode(string mode)
    {
        Kubectl.Helm(["upgrade", Installation.Release, Tool.ChartFolder, "--namespace", Installation.Namespace,
            "--reuse-values", "--set", $"guard.exitMode={mode}", "--wait", "--timeout=180s"]);
        Kubectl.Run("rollout", "status", "-n", Installation.Namespace, Installation.DaemonSet, "--timeout=180s");
    }

    private static string Ready(string pod) => Kubectl.Run("get", "pod", "-n", Installation.Namespace, pod,
        "-o", "jsonpath={.status.conditions[?(@.type==\"Ready\")].status}");

    private static int Restarts(string pod) => (int)Cache(pod)["restartCount"]!;

    private static System.Text.Json.Nodes.JsonNode Cache(string pod) => Kubectl.Json("get", "pod", "-n", Installation.Namespace, pod)
        ["status"]!["containerStatuses"]!.AsArray().Single(c => (string)c!["name"]! == "cache")!;

    private void LosesNone(string name, string servers, Action happens, string? tcpServers = null)
    {
        Pods.Start(Pods.Sleeping(Ns, "asker-" + name));
        using var udp = new Asker(Ns, "asker-" + name, servers, "udp", 1000);
        using var tcp = new Asker(Ns, "asker-" + name, tcpServers ?? servers, "tcp", 100);
        happens();
        Lookups[] all = [udp.Stop(), tcp.Stop()];
        Assert.All(all, lookups =>
        {
            output.WriteLine($"{name}, {lookups}");
            Console.WriteLine($"    {name}, {lookups}");
        });
        Assert.All(all, lookups => Assert.True(lookups.Lost == 0, lookups.ToString()));
    }
}
