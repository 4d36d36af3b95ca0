using System.Diagnostics;
using System.Text.Json.Nodes;
using NodeDns.EndToEnd.Continuity;

namespace NodeDns.EndToEnd.Cluster;

/// <summary>The pods of cluster DNS, and what can happen to them. The nodes are this machine (eng/cluster).</summary>
internal static class ClusterDns
{
    public const string Namespace = "kube-system";
    public const string Label = "k8s-app=kube-dns";
    public const string Deployment = "deployment/coredns";

    /// <summary>Nobody has asked for these names (<see cref="Asker"/>), and CoreDNS knows the answer to each by itself.</summary>
    public const string Fresh = "*.default.pod.cluster.local";

    private const string Turning = "coredns-turning";

    private static readonly string s_turningFolder = Path.Combine(Tool.Checkout, "artifacts", "bad-day", "turning");

    /// <summary>Until there are so many pods, all ready, and no others.</summary>
    public static void Scale(int pods)
    {
        Kubectl.Run("scale", "-n", Namespace, Deployment, $"--replicas={pods}");
        Kubectl.Run("rollout", "status", "-n", Namespace, Deployment, "--timeout=180s");
        var waited = Stopwatch.StartNew();
        while (Names().Length != pods)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(3), $"not {pods} pods: {string.Join(' ', Names())}");
            Task.Delay(300).Wait();
        }
    }

    /// <summary>Until the cache of each node knows so many, which it looks up when the last answer's TTL, 30 s, is over.</summary>
    public static void UntilKnown(int pods)
    {
        var waited = Stopwatch.StartNew();
        double known;
        while ((known = Installation.CacheMetric("nodedns_cache_forward_endpoints")) != pods * Installation.CachePods().Length)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(2), $"{known} pods are known, not {pods} on each node");
            Task.Delay(200).Wait();
        }
    }

    public static void Restart()
    {
        Kubectl.Run("rollout", "restart", "-n", Namespace, Deployment);
        Kubectl.Run("rollout", "status", "-n", Namespace, Deployment, "--timeout=180s");
    }

    /// <summary>A pod of the Deployment.</summary>
    public static string Some() => Names().First(name => name != Turning);

    /// <summary>SIGKILL; kubelet starts the container again.</summary>
    public static void Kill(string pod) => Signal(pod, "-KILL");

    public static void Freeze(string pod) => Signal(pod, "-STOP");

    public static void Thaw(string pod) => Signal(pod, "-CONT");

    /// <summary>The pod loses its routes: what is sent to it arrives, and nothing comes back.</summary>
    public static void CutOff(string pod)
    {
        var run = Tool.Run("nsenter", "-t", Processes(pod)[0], "-n", "ip", "route", "flush", "table", "main");
        Assert.True(run.ExitCode == 0, run.Error);
    }

    /// <summary>The pod goes at once, and the Deployment makes another.</summary>
    public static void Replace(string pod)
    {
        Kubectl.Run("delete", "pod", "-n", Namespace, pod, "--grace-period=0", "--force", "--wait=true", "--timeout=180s");
        Kubectl.Run("rollout", "status", "-n", Namespace, Deployment, "--timeout=180s");
    }

    /// <summary>One more pod, whose Corefile is a file of this machine: so far the same as the others'.</summary>
    public static void AddTurning()
    {
        Directory.CreateDirectory(s_turningFolder);
        var corefile = (string)Kubectl.Json("get", "configmap", "-n", Namespace, "coredns")["data"]!["Corefile"]!;
        WriteTurning(corefile.Replace("    reload\n", "    reload 2s 1s\n", StringComparison.Ordinal));
        var spec = Kubectl.Json("get", "-n", Namespace, Deployment)["spec"]!["template"]!["spec"]!.DeepClone();
        spec["volumes"] = new JsonArray(new JsonObject
        {
            ["name"] = "config",
            ["hostPath"] = new JsonObject { ["path"] = s_turningFolder },
        });
        spec["terminationGracePeriodSeconds"] = 1;
        Kubectl.Apply(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject
            {
                ["name"] = Turning,
                ["namespace"] = Namespace,
                ["labels"] = new JsonObject { ["k8s-app"] = "kube-dns" },
            },
            ["spec"] = spec,
        }.ToJsonString());
        Kubectl.WaitReady(Namespace, "pod/" + Turning);
    }

    /// <summary>That pod answers SERVFAIL from now on, whatever it is asked, and is ready all the same.</summary>
    public static void Turn() => WriteTurning(".:53 {\n    health\n    ready\n    reload 2s 1s\n    template ANY ANY . {\n"
        + "        rcode SERVFAIL\n    }\n}\n");

    public static void RemoveTurning() =>
        Kubectl.Run("delete", "pod", "-n", Namespace, Turning, "--ignore-not-found", "--wait=true", "--timeout=180s");

    private static void WriteTurning(string corefile) => File.WriteAllText(Path.Combine(s_turningFolder, "Corefile"), corefile);

    private static string[] Names() =>
        [.. Kubectl.Json("get", "pods", "-n", Namespace, "-l", Label)["items"]!.AsArray().Select(pod => (string)pod!["metadata"]!["name"]!)];

    private static string[] Processes(string pod) => ContainerCgroup.Find(Namespace, pod, "coredns") is { } cgroup
        ? cgroup.Processes()
        : throw new InvalidOperationException($"the processes of {pod} cannot be reached from here");

    private static void Signal(string pod, string signal)
    {
        var run = Tool.Run("kill", [signal, .. Processes(pod)]);
        Assert.True(run.ExitCode == 0, run.Error);
    }
}
