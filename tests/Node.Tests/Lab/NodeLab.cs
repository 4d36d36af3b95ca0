using System.Net;
using System.Net.Sockets;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using NodeDns.Testing.Shell;

namespace NodeDns.Node.Tests.Lab;

/// <summary>A node, a pod on it, and cluster DNS beyond it: three namespaces and two veth pairs.</summary>
/// <remarks>
/// <code>
/// pod 10.244.1.2 ── 10.244.1.1 node 10.0.0.1 ── 10.0.0.2 cluster DNS (a server on real sockets)
///                        └ nodelocaldns 169.254.20.10: what is tested
/// </code>
/// </remarks>
public sealed class NodeLab : IDisposable
{
    public const string LocalAddress = "169.254.20.10";
    public const string LocalAddress6 = "fd00:20::10";
    public const string ClusterDns = "10.0.0.2";
    public const string ClusterDns6 = "fd00:1::2";

    /// <summary>What kubelet gives a pod to end before it kills it.</summary>
    private const int GraceSeconds = 30;

    private readonly List<IDisposable> _owned = [];
    private readonly ITestOutputHelper _output;
    private readonly List<RunningProgram> _programs = [];

    public NodeLab(ITestOutputHelper output, bool withClusterDns = true)
    {
        _output = output;
        Folder = Directory.CreateTempSubdirectory("ndt").FullName;
        NetworkNamespace.Sh($"chmod 755 {Folder}");
        Node = Own(new NetworkNamespace("node"));
        Pod = Own(new NetworkNamespace("pod"));
        Dns = Own(new NetworkNamespace("dns"));
        Join(Node, "pod0", "10.244.1.1/24", "fd00:244::1/64", Pod, "10.244.1.2/24", "fd00:244::2/64");
        Join(Node, "up0", "10.0.0.1/24", "fd00:1::1/64", Dns, "10.0.0.2/24", "fd00:1::2/64");
        Pod.Run("ip route add default via 10.244.1.1; ip -6 route add default via fd00:244::1");
        Pod.Run("sysctl -qw net.ipv4.ip_local_port_range=\"1024 65000\" net.ipv4.tcp_tw_reuse=1");
        Dns.Run("ip route add default via 10.0.0.1; ip -6 route add default via fd00:1::1");
        Node.Run("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
        if (withClusterDns)
        {
            Upstream = StartClusterDns(ClusterDns);
        }
        WriteCorefile(Corefile());
    }

    public NetworkNamespace Node { get; }
    public NetworkNamespace Pod { get; }
    public NetworkNamespace Dns { get; }
    public FakeUpstream? Upstream { get; }

    /// <summary>For sockets and files; any user may enter it.</summary>
    public string Folder { get; }

    public string CorefilePath => Path.Combine(Folder, "Corefile");

    /// <summary>The program as users have it: the published one where there is one, else the built one on
    /// CoreCLR.</summary>
    public static IReadOnlyList<string> Program { get; } = FindProgram();

    /// <summary>Another build, from the commit that tests/Node.Tests/other-build names; null where eng/other-build has not
    /// made it.</summary>
    public static IReadOnlyList<string>? OtherProgram { get; } =
        Path.Combine(Tool.Checkout, "artifacts", "other", "node-dns-cache") is var other && File.Exists(other) ? Copy(other) : null;

    /// <summary>What guards and caches are started from.</summary>
    public IReadOnlyList<string> Build { get; set; } = Program;

    /// <summary>The capabilities that guards have, as setpriv --bounding-set takes them.</summary>
    public string Capabilities { get; set; } = "-all,+net_admin,+net_bind_service";

    /// <summary>What guards are given as their --address.</summary>
    public string Address { get; set; } = LocalAddress;

    /// <summary>A Corefile of its own for one cache.</summary>
    public string WriteCorefile(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    public static string Corefile(string bind = LocalAddress, string extra = "") => $$"""
        .:53 {
            errors
            bind {{bind}}
            cache 3600
            reload 2s 1s
            forward . {{ClusterDns}}
            {{extra}}
        }
        """;

    public void WriteCorefile(string text)
    {
        // In one step, as kubelet changes a ConfigMap.
        File.WriteAllText(CorefilePath + ".new", text);
        File.Move(CorefilePath + ".new", CorefilePath, overwrite: true);
    }

    /// <summary>A server that answers every name with an address, at one of the dns namespace's addresses.</summary>
    public FakeUpstream StartClusterDns(string address) => Own(Dns.Enter(() =>
        new FakeUpstream(new IPEndPoint(IPAddress.Parse(address), 53))
        {
            Otherwise = question =>
            {
                var answer = new FakeAnswer();
                answer.Answer.Add(DnsRecord.Parse($"{question.Name} 3600 IN A 10.1.2.3"));
                return answer;
            },
        }));

    /// <summary>What kube-proxy does for the Service of cluster DNS.</summary>
    public void StartKubeProxy(string clusterIp) => Node.Run("nft add table ip kubeproxy; "
        + "nft \"add chain ip kubeproxy pre { type nat hook prerouting priority dstnat; }\"; "
        + $"nft add rule ip kubeproxy pre ip daddr {clusterIp} udp dport 53 dnat to {ClusterDns}; "
        + $"nft add rule ip kubeproxy pre ip daddr {clusterIp} tcp dport 53 dnat to {ClusterDns}; "
        + "nft \"add chain ip kubeproxy post { type nat hook postrouting priority srcnat; }\"");

    /// <summary>Cluster DNS is gone.</summary>
    public void StopClusterDns()
    {
        _owned.Remove(Upstream!);
        Upstream!.Dispose();
    }

    /// <summary>Starts a guard as its container would run: root with two capabilities.</summary>
    public RunningProgram StartGuard(string pod = "a", params string[] more) =>
        Start($"guard-{pod}", GuardCommand(pod, Capabilities, more));

    /// <summary>Starts a guard in an environment that lacks something.</summary>
    /// <param name="capabilities">As setpriv --bounding-set takes them.</param>
    /// <param name="more">NAME=value for its environment (READONLY names what is mounted read-only, PREPARE is run
    /// before), and flags.</param>
    public RunningProgram StartGuardWith(string capabilities, params string[] more)
    {
        var environment = more.Where(word => !word.StartsWith('-') && word.Contains('=',
            StringComparison.Ordinal)).ToArray();
        var command = GuardCommand("a", capabilities, [.. more.Except(environment)]);
        // 'ip netns exec' has given it a mount namespace of its own.
        return Start("guard-a",
        [
            "env", .. environment, "sh", "-c",
            "[ -z \"$READONLY\" ] || mount -o bind,ro \"$READONLY\" \"$READONLY\"; [ -z \"$PREPARE\" ] || eval \"$PREPARE\"; exec \"$@\"", "sh", .. command,
        ]);
    }

    /// <summary>A guard in a container with a memory limit.</summary>
    public RunningProgram StartGuardIn(MemoryLimit limit, string pod = "a", params string[] more) => StartOutside($"guard-{pod}",
        limit.Wrap(["ip", "netns", "exec", Node.Name, .. GuardCommand(pod, Capabilities, more)]));

    private List<string> GuardCommand(string pod, string capabilities, string[] more) =>
    [
        "/usr/bin/setpriv", "--bounding-set", capabilities, "--inh-caps", "-all", "--no-new-privs",
        .. Build, "guard", "--address", Address, "--cluster-dns", ClusterDns,
        .. Unless(more, "--handover", Handover(pod)), "--takeover", Path.Combine(Folder, "takeover.sock"),
        .. Unless(more, "--health-listen", "127.0.0.1:9255"), .. Unless(more, "--metrics-listen", "127.0.0.1:9254"),
        .. Unless(more, "--workers", "2"), .. more,
    ];

    /// <summary>A flag that the test has not given itself.</summary>
    private static string[] Unless(string[] given, string flag, string value) => given.Contains(flag) ? [] : [flag, value];

    /// <summary>Starts a cache as its container would run: no root, no capability at all.</summary>
    public RunningProgram StartServe(string pod = "a", params string[] more) =>
        Start($"serve-{pod}", ServeCommand(pod, more));

    /// <summary>The same in a container with a memory limit.</summary>
    public RunningProgram StartServeIn(MemoryLimit limit, string pod = "a", params string[] more) =>
        StartOutside($"serve-{pod}", limit.Wrap(["ip", "netns", "exec", Node.Name, .. ServeCommand(pod, more)]));

    private IEnumerable<string> ServeCommand(string pod, string[] more) =>
    [
        "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set", "-all", "--inh-caps",
            "-all",
        "--no-new-privs", .. Build, "serve", .. Unless(more, "--conf", CorefilePath), "--handover", Handover(pod),
        .. Unless(more, "--workers", "2"), .. more,
    ];

    public string Handover(string pod) => Path.Combine(Folder, pod, "handover.sock");

    /// <summary>Starts anything in the node's namespace.</summary>
    public RunningProgram Start(string label, IEnumerable<string> command) =>
        StartOutside(label, ["ip", "netns", "exec", Node.Name, .. command]);

    private RunningProgram StartOutside(string label, IEnumerable<string> command)
    {
        var program = new RunningProgram(label, command);
        _programs.Add(program);
        _owned.Add(program);
        return program;
    }

    /// <summary>A guard and a cache that serve.</summary>
    public (RunningProgram Guard, RunningProgram Serve) StartPair(params string[] guardFlags)
    {
        var guard = StartGuard("a", guardFlags);
        guard.WaitFor("sockets opened");
        var serve = StartServe();
        WaitForService(guard);
        return (guard, serve);
    }

    /// <summary>Waits for the guard's first cache, and for the node's addresses and rules.</summary>
    public static void WaitForService(RunningProgram guard)
    {
        guard.WaitFor("the node is set up");
        guard.WaitFor("] guard: the cache (", 25);
    }

    /// <summary>Waits for the next guard, then ends a pod as kubelet does: both containers at once.</summary>
    public static void EndRelieved(RunningProgram guard, RunningProgram serve)
    {
        guard.WaitFor("relieved by the next guard");
        serve.Signal(Libc.SIGTERM);
        guard.Signal(Libc.SIGTERM);
        guard.WaitForExit(GraceSeconds);
    }

    /// <summary>Adds another pod to the node, joined to it by a veth.</summary>
    /// <param name="link">The host's side.</param>
    public NetworkNamespace AddPod(string link, int network)
    {
        var pod = Own(new NetworkNamespace(link));
        Join(Node, link, $"10.244.{network}.1/24", $"fd00:{network}::1/64", pod, $"10.244.{network}.2/24", $"fd00:{network}::2/64");
        pod.Run($"ip route add default via 10.244.{network}.1; ip -6 route add default via fd00:{network}::1");
        return pod;
    }

    /// <summary>What kubelet runs inside the guard's container.</summary>
    public Tool Ready(string pod) =>
        Tool.Run("/bin/sh", "-c", $"{string.Join(' ', Program)} ready --handover {Handover(pod)}");

    /// <summary>A thousand lookups a second of each transport from the pod.</summary>
    public LoadClient Load(string address = LocalAddress, int perSecond = 1000, int timeoutMs = 1000, int names = 200) =>
        Own(new LoadClient(Pod, new IPEndPoint(IPAddress.Parse(address), 53), perSecond, timeoutMs, names));

    /// <summary>Ends the load, prints what it saw, and fails the test when a lookup was lost or wrong.</summary>
    public void AssertNothingLost(LoadClient load, string what)
    {
        var results = load.Finish();
        foreach (var result in results)
        {
            Print($"{what}: {result}");
        }
        if (results.Any(r => r.Lost > 0 || r.Wrong > 0 || r.Refused > 0 || r.Asked < 1000))
        {
            Assert.Fail(string.Join("; ", results) + "\n" + Logs());
        }
    }

    /// <summary>A number for the log of the suite.</summary>
    public void Print(string line)
    {
        _output.WriteLine(line);
        Console.WriteLine(line);
    }

    public string Logs() => string.Join('\n', _programs.Select(p => p.Output));

    /// <summary>One lookup from the pod, in text.</summary>
    public string Dig(string name, string server = LocalAddress, string flags = "") =>
        Tool.Run("ip", ["netns", "exec", Pod.Name, "kdig", $"@{server}", name, "+time=1", "+retry=0",
            .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries)]).Output;

    /// <summary>Asks so many names for TXT, one after the other.</summary>
    public void Fill(int names) => Pod.Enter(() =>
    {
        using var socket = new UdpClient(LocalAddress, 53);
        IPEndPoint? from = null;
        for (var i = 0; i < names; i++)
        {
            socket.Send(DnsMessage.Query($"fill-{i}.example.", "TXT", (ushort)i).ToBytes());
            socket.Receive(ref from);
        }
        return 0;
    });

    /// <summary>Asks so many names at once, from one socket of the pod.</summary>
    public OpenLookups AskAll(int names) => Own(Pod.Enter(() => new OpenLookups(names)));

    /// <summary>Waits for a condition that has no event to wait for.</summary>
    public void WaitUntil(Func<bool> condition, string what, int seconds = 10)
    {
        using var pause = new ManualResetEventSlim();
        for (var i = 0; i < seconds * 20; i++)
        {
            if (condition())
            {
                return;
            }
            pause.Wait(50);
        }
        Assert.Fail($"not in {seconds} s: {what}\n{Logs()}");
    }

    /// <summary>Lets the load run.</summary>
    public static void Pass(double seconds)
    {
        using var pause = new ManualResetEventSlim();
        pause.Wait(TimeSpan.FromSeconds(seconds));
    }

    public string Metric(string name) => Node.Run("curl -s http://127.0.0.1:9254/metrics").Split('\n')
        .FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal))?.Split(' ')[1] ?? "";

    public void Dispose()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }
        Directory.Delete(Folder, recursive: true);
    }

    private T Own<T>(T thing)
        where T : IDisposable
    {
        _owned.Add(thing);
        return thing;
    }

    private static void Join(
        NetworkNamespace node, string link, string address, string address6, NetworkNamespace other,
            string otherAddress,
        string otherAddress6)
    {
        NetworkNamespace.Sh($"ip link add {link} netns {node.Name} type veth peer name eth0 netns {other.Name}");
        node.Run($"ip addr add {address} dev {link}; ip -6 addr add {address6} dev {link} nodad; ip link set {link} up");
        other.Run($"ip addr add {otherAddress} dev eth0; ip -6 addr add {otherAddress6} dev eth0 nodad; ip link set eth0 up");
    }

    private static IReadOnlyList<string> FindProgram()
    {
        var published = Path.Combine(Tool.Checkout, "artifacts", "bin", "node-dns-cache");
        if (File.Exists(published) && Environment.GetEnvironmentVariable("NODE_TESTS_CORECLR") is null)
        {
            return Copy(published);
        }
        var built = Path.GetDirectoryName(typeof(HandoverClient).Assembly.Location)!;
        return ["dotnet", .. Copy($"{built}/node-dns-cache.dll", $"{built}/*.dll {built}/*.json")];
    }

    /// <summary>Copied to where the unprivileged user can read it, wherever the checkout lies.</summary>
    private static IReadOnlyList<string> Copy(string program, string? files = null)
    {
        var folder = Directory.CreateTempSubdirectory("ndt-program").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        NetworkNamespace.Sh($"cp {files ?? program} {folder}/ && chmod -R a+rX {folder}");
        return [Path.Combine(folder, Path.GetFileName(program))];
    }
}
