using System.Net;
using System.Net.Sockets;
using NodeDns.Linux.Interop;
using NodeDns.Node.Tests.Lab;

namespace NodeDns.Node.Tests;

/// <summary>Link, addresses and rules: what is made, and that it stays.</summary>
[Collection("node")]
public sealed class NodeSetupTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Makes the kernel track connections, as kube-proxy's rules do.</summary>
    private const string Track =
        "nft add table inet tracker; nft \"add chain inet tracker c { type filter hook prerouting priority 0; }\"; "
        + "nft add rule inet tracker c ct state established accept; "

            + "nft \"add chain inet tracker o { type filter hook output priority 0; }\"; nft add rule inet tracker o ct state established accept";

    private const string ClusterIp = "10.96.0.10";

    private readonly NodeLab _lab = new(output);

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData(NodeLab.LocalAddress)]
    [InlineData(NodeLab.LocalAddress6)]
    public void Lookups_leave_no_conntrack_entry_from_pod_or_host(string address)
    {
        var guard = StartDualStack();
        AskFromPodAndHost(address);
        var entries = CountEntries(address);
        _lab.Print($"conntrack entries for {address} after lookups from pod and host: {entries}");
        Assert.Equal(0, entries);

        // Without the table there would be: and the guard notices that it is gone.
        _lab.Node.Run("nft delete table inet nodelocaldns");
        _lab.WaitUntil(() => guard.Count("table inet nodelocaldns created") == 2, "the table is made again");
    }

    /// <summary>What the test above would see if the rules did nothing.</summary>
    [Theory]
    [InlineData(NodeLab.LocalAddress)]
    [InlineData(NodeLab.LocalAddress6)]
    public void Without_rules_lookups_leave_conntrack_entries(string address)
    {
        StartDualStack("--rules", "off");
        AskFromPodAndHost(address);
        Assert.NotEqual(0, CountEntries(address));
    }

    [Fact]
    public void A_link_that_somebody_removes_is_made_again()
    {
        // The kernel tells of it: the next check would be too late.
        var (guard, _) = _lab.StartPair("--check-interval", "1h");
        _lab.Node.Run("ip link del nodelocaldns");
        _lab.WaitUntil(() => guard.Count("link nodelocaldns created") == 2, "the link is made again");
        Assert.Contains("10.1.2.3", _lab.Dig("one.example."), StringComparison.Ordinal);
        _lab.Node.Run($"ip addr del {NodeLab.LocalAddress}/32 dev nodelocaldns");
        _lab.WaitUntil(() => guard.Count($"add {NodeLab.LocalAddress}") == 3, "the address is added again");
        Assert.Contains("10.1.2.3", _lab.Dig("two.example."), StringComparison.Ordinal);
    }

    [Fact]
    public void Both_families_are_served_at_once()
    {
        _lab.StartClusterDns(NodeLab.ClusterDns6);
        _lab.WriteCorefile(NodeLab.Corefile(bind: $"{NodeLab.LocalAddress} {NodeLab.LocalAddress6}"));
        var (_, serve) = _lab.StartPair("--address", NodeLab.LocalAddress6, "--cluster-dns", NodeLab.ClusterDns6);
        var load6 = _lab.Load(NodeLab.LocalAddress6, 500);
        var load4 = _lab.Load(NodeLab.LocalAddress, 500);
        NodeLab.Pass(1.5);
        serve.Signal(Libc.SIGKILL);
        serve.WaitForExit();
        NodeLab.Pass(1);
        _lab.StartServe();
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load4, "dual stack, SIGKILL of the cache, IPv4");
        _lab.AssertNothingLost(load6, "dual stack, SIGKILL of the cache, IPv6");
    }

    [Fact]
    public void An_intercepted_cluster_address_goes_back_to_kube_proxy_without_a_loss()
    {
        _lab.StartKubeProxy(ClusterIp);
        _lab.WriteCorefile(NodeLab.Corefile(bind: $"{NodeLab.LocalAddress} {ClusterIp}"));
        var load = _lab.Load(ClusterIp);
        NodeLab.Pass(1);
        var (guard, serve) = _lab.StartPair("--intercept-cluster-dns", ClusterIp);
        NodeLab.Pass(1);
        guard.Signal(Libc.SIGTERM);
        serve.Signal(Libc.SIGTERM);
        guard.WaitForExit();
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "interception of the ClusterIP, begun and ended");
        Assert.DoesNotContain(ClusterIp, _lab.Node.Run("ip addr"), StringComparison.Ordinal);
    }

    [Fact]
    public void In_a_crash_loop_an_intercepted_address_is_kube_proxys()
    {
        _lab.StartKubeProxy(ClusterIp);
        _lab.WriteCorefile(NodeLab.Corefile(bind: $"{NodeLab.LocalAddress} {ClusterIp}"));
        var load = _lab.Load(ClusterIp);
        var (guard, serve) = _lab.StartPair("--intercept-cluster-dns", ClusterIp);
        Assert.Contains(ClusterIp, ServingSet(), StringComparison.Ordinal);
        for (var death = 1; death <= 3; death++)
        {
            NodeLab.Pass(0.5);
            serve.Signal(Libc.SIGKILL);
            serve.WaitForExit();
            serve = _lab.StartServe();
            if (death < 3)
            {
                _lab.WaitUntil(() => guard.Count("serves") == death + 1, "the next cache serves");
            }
        }
        guard.WaitFor("held back for 2 s");
        _lab.WaitUntil(() => !ServingSet().Contains(ClusterIp, StringComparison.Ordinal), "it is kube-proxy's");
        Assert.Contains(NodeLab.LocalAddress, ServingSet(), StringComparison.Ordinal);
        _lab.WaitUntil(() => guard.Count("serves") == 4, "the cache is let in again");
        _lab.WaitUntil(() => ServingSet().Contains(ClusterIp, StringComparison.Ordinal), "it is intercepted again");
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "interception of the ClusterIP, crash loop");
    }

    [Fact]
    public void Exit_mode_refuse_refuses_at_once_and_without_a_limit()
    {
        var (guard, serve) = _lab.StartPair("--exit-mode", "refuse");
        serve.Signal(Libc.SIGTERM);
        guard.Signal(Libc.SIGTERM);
        guard.WaitForExit();
        serve.WaitForExit();
        Assert.Contains(NodeLab.LocalAddress, _lab.Node.Run("ip addr show nodelocaldns"), StringComparison.Ordinal);
        Assert.Equal("6160", _lab.Node.Run("sysctl -n net.ipv4.icmp_ratemask").Trim());
        var refused = _lab.Pod.Enter(() => Enumerable.Range(0, 50).Count(_ => IsRefused()));
        _lab.Print($"nobody left, exit mode refuse: {refused} of 50 lookups in a row refused");
        Assert.Equal(50, refused);
    }

    /// <summary>On a node with so many sockets a look at them takes a while, and it is mostly under way when the guard is
    /// told to stop: what it would then make again must not undo the flip.</summary>
    [Fact]
    public void A_check_that_is_under_way_when_the_guard_leaves_undoes_nothing()
    {
        const int many = 12_000;
        var crowd = _lab.Node.Enter(() => Enumerable.Range(0, many).Select(i =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(new IPAddress([127, 1, (byte)(i >> 8), (byte)i]), 1053));
            return socket;
        }).ToList());
        try
        {
            _lab.Start("changes", ["sh", "-c", "while :; do ip addr add 127.2.0.1/32 dev lo; ip addr del 127.2.0.1/32 dev lo; done"]);
            for (var round = 0; round < 3; round++)
            {
                var (guard, serve) = _lab.StartPair("--exit-mode", "flip", "--flip-to", NodeLab.ClusterDns);
                Assert.Contains(NodeLab.LocalAddress, ServingSet(), StringComparison.Ordinal);
                serve.Signal(Libc.SIGTERM);
                guard.Signal(Libc.SIGTERM);
                guard.WaitForExit();
                serve.WaitForExit();
                Assert.DoesNotContain(NodeLab.LocalAddress, ServingSet(), StringComparison.Ordinal);
                Assert.Contains("10.1.2.3", _lab.Dig("flipped.example."), StringComparison.Ordinal);
            }
        }
        finally
        {
            crowd.ForEach(socket => socket.Dispose());
        }
    }

    private static bool IsRefused()
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram,
            ProtocolType.Udp)
        { ReceiveTimeout = 1000 };
        client.Connect(IPAddress.Parse(NodeLab.LocalAddress), 53);
        client.Send(new byte[12]);
        try
        {
            client.Receive(new byte[512]);
            return false;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }

    [Fact]
    public void Exit_mode_teardown_leaves_nothing_behind()
    {
        var (guard, serve) = _lab.StartPair("--exit-mode", "teardown");
        serve.Signal(Libc.SIGTERM);
        guard.Signal(Libc.SIGTERM);
        guard.WaitForExit();
        Assert.DoesNotContain("nodelocaldns", _lab.Node.Run("ip link; nft list ruleset"), StringComparison.Ordinal);
    }

    private string ServingSet() => _lab.Node.Run("nft list set inet nodelocaldns serving4");

    private RunningProgram StartDualStack(params string[] flags)
    {
        _lab.Node.Run(Track);
        _lab.WriteCorefile(NodeLab.Corefile(bind: $"{NodeLab.LocalAddress} {NodeLab.LocalAddress6}"));
        return _lab.StartPair(["--address", NodeLab.LocalAddress6, .. flags]).Guard;
    }

    private void AskFromPodAndHost(string address)
    {
        foreach (var flags in new[] { "", "+tcp" })
        {
            Assert.Contains("10.1.2.3", _lab.Dig("one.example.", address, flags), StringComparison.Ordinal);
            _lab.Node.Run($"kdig @{address} two.example. {flags}");
        }
    }

    private int CountEntries(string address) =>
        _lab.Node.Run("conntrack -L 2>/dev/null || true; conntrack -L -f ipv6 2>/dev/null || true")
        .Split('\n').Count(line => line.Contains($"={address} ", StringComparison.Ordinal)
            && line.Contains("dport=53", StringComparison.Ordinal));
}
