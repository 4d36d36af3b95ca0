using System.Net;
using System.Net.Sockets;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;
using NodeDns.Node.Tests.Lab;
using NodeDns.Testing.Messages;

namespace NodeDns.Node.Tests;

/// <summary>What is wanted changes from one guard to the next: more workers, another address, interception switched off,
/// another kind of rules. What stays loses nothing, and what goes is never silent.</summary>
[Collection("node")]
public sealed class ChangeTests(ITestOutputHelper output) : IDisposable
{
    private const string ClusterIp = "10.96.0.10";
    private const string OtherAddress = "169.254.25.10";

    private readonly NodeLab _lab = new(output);

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("late")]
    [InlineData("never")]
    [InlineData("dead before it is ready")]
    public void A_guard_with_more_workers_loses_no_lookup_while_its_cache_is(string cache)
    {
        var (guard, _) = _lab.StartPair("--workers", "1");
        var load = _lab.Load();
        var next = _lab.StartGuard("b", "--workers", "4");
        next.WaitFor("taken over from the old guard");
        if (cache == "dead before it is ready")
        {
            TakeSocketsAndDie("b", workers: 4);
        }
        NodeLab.Pass(2.2);
        if (cache == "late")
        {
            _lab.StartServe("b", "--workers", "4");
            guard.WaitFor("relieved by the next guard");
        }
        else
        {
            next.Signal(Libc.SIGTERM);
            next.WaitForExit();
        }
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, $"from 1 to 4 workers, the cache is {cache}");
    }

    [Fact]
    public void Interception_by_iptables_ends_with_the_guard()
    {
        _lab.StartKubeProxy(ClusterIp);
        _lab.WriteCorefile(NodeLab.Corefile(bind: $"{NodeLab.LocalAddress} {ClusterIp}"));
        var load = _lab.Load(ClusterIp);
        var (guard, serve) = _lab.StartPair("--rules", "iptables", "--intercept-cluster-dns", ClusterIp);
        NodeLab.Pass(0.5);
        guard.Signal(Libc.SIGTERM);
        serve.Signal(Libc.SIGTERM);
        guard.WaitForExit();
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "interception of the ClusterIP by iptables, begun and ended");
        Assert.DoesNotContain(ClusterIp, _lab.Node.Run("iptables -t raw -S; ip addr"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("iptables", "iptables")]
    [InlineData("nftables", "iptables")]
    [InlineData("iptables", "nftables")]
    [InlineData("nftables", "off")]
    public void An_upgrade_that_no_longer_intercepts_gives_the_ClusterIP_back(string before, string after)
    {
        _lab.StartKubeProxy(ClusterIp);
        _lab.WriteCorefile(NodeLab.Corefile(bind: $"{NodeLab.LocalAddress} {ClusterIp}"));
        var (guard, serve) = _lab.StartPair("--rules", before, "--intercept-cluster-dns", ClusterIp);
        var load = _lab.Load(ClusterIp);
        NodeLab.Pass(0.5);
        var next = _lab.StartGuard("b", "--rules", after, "--check-interval", "1s");
        _lab.StartServe("b", "--conf", _lab.WriteCorefile("Corefile.b", NodeLab.Corefile()));
        NodeLab.EndRelieved(guard, serve);
        next.WaitFor($"{ClusterIp} is no longer intercepted");
        _lab.WaitUntil(() => !_lab.Node.Run("ip addr").Contains(ClusterIp, StringComparison.Ordinal), "the address is gone");
        NodeLab.Pass(0.5);
        _lab.AssertNothingLost(load, $"interception ended by an upgrade, rules {before} then {after}");
        var left = _lab.Node.Run("iptables -t raw -S");
        Assert.DoesNotContain(ClusterIp, left, StringComparison.Ordinal);
        Assert.Equal(after == "iptables", left.Contains("node-dns-cache guard", StringComparison.Ordinal));
        Assert.Equal(after == "nftables", _lab.Node.Run("nft list tables").Contains("inet nodelocaldns", StringComparison.Ordinal));
    }

    /// <summary>The client uses a port again whose last connection the node remembers (TIME_WAIT): the node's kernel drops
    /// what it takes for late packets of that one.</summary>
    [Fact]
    public void A_connection_through_kube_proxy_is_told_at_once_when_interception_begins()
    {
        _lab.StartKubeProxy(ClusterIp);
        _lab.WriteCorefile(NodeLab.Corefile(bind: $"{NodeLab.LocalAddress} {ClusterIp}"));
        var (guard, serve) = _lab.StartPair("--intercept-cluster-dns", ClusterIp);
        using (var closedByTheNode = Connect())
        {
            Assert.True(IsAnswered(closedByTheNode));
            Upgrade("b", intercepts: true);
            Assert.Equal(0, closedByTheNode.Receive(new byte[512]));
        }
        _lab.WaitUntil(() => _lab.Node.Run("ss -tan state time-wait").Contains(":5353", StringComparison.Ordinal), "the node remembers it");
        Upgrade("c", intercepts: false);
        using var connection = Connect();
        Assert.True(IsAnswered(connection));
        Upgrade("d", intercepts: true);
        Assert.False(IsAnswered(connection));
        using var next = Connect();
        Assert.True(IsAnswered(next));

        void Upgrade(string pod, bool intercepts)
        {
            var nextGuard = _lab.StartGuard(pod, intercepts ? ["--intercept-cluster-dns", ClusterIp] : []);
            var bind = intercepts ? $"{NodeLab.LocalAddress} {ClusterIp}" : NodeLab.LocalAddress;
            var nextServe = _lab.StartServe(pod, "--conf", _lab.WriteCorefile($"Corefile.{pod}", NodeLab.Corefile(bind: bind)));
            NodeLab.EndRelieved(guard, serve);
            serve.WaitForExit();
            nextGuard.WaitFor("the node is set up");
            (guard, serve) = (nextGuard, nextServe);
        }

        Socket Connect() => _lab.Pod.Enter(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000 };
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(IPAddress.Any, 5353));
            socket.Connect(ClusterIp, 53);
            return socket;
        });

        // Closed or reset is told; only silence is not.
        static bool IsAnswered(Socket connection)
        {
            var query = DnsMessage.Query("asked.example.", "A", 7).ToBytes();
            try
            {
                connection.Send([0, (byte)query.Length, .. query]);
                return connection.Receive(new byte[512]) > 0;
            }
            catch (SocketException failure) when (failure.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
            {
                return false;
            }
        }
    }

    [Fact]
    public void An_address_that_is_no_longer_configured_is_relayed_while_it_is_asked_and_then_removed()
    {
        var (guard, serve) = _lab.StartPair();
        var load = _lab.Load();
        _lab.Address = OtherAddress;
        var next = _lab.StartGuard("b", "--keep-for", "3s", "--check-interval", "1s");
        _lab.StartServe("b", "--conf", _lab.WriteCorefile("Corefile.b", NodeLab.Corefile(bind: OtherAddress)));
        NodeLab.EndRelieved(guard, serve);
        next.WaitFor($"{NodeLab.LocalAddress} is no longer configured, and pods may still ask it");
        NodeLab.Pass(4);
        _lab.WaitUntil(() => _lab.Metric("nodedns_guard_leaving_addresses") == "1", "it is counted");
        Assert.Contains($"{NodeLab.LocalAddress} is no longer configured",
            _lab.Node.Run("curl -s http://127.0.0.1:9255/readyz"), StringComparison.Ordinal);
        Assert.Contains("10.1.2.3", _lab.Dig("new.example.", OtherAddress), StringComparison.Ordinal);
        _lab.AssertNothingLost(load, "another address after an upgrade, lookups at the former one");
        next.WaitFor($"{NodeLab.LocalAddress} is removed");
        _lab.WaitUntil(() => !_lab.Node.Run("ip addr").Contains(NodeLab.LocalAddress, StringComparison.Ordinal), "the address is gone");
        Assert.Contains("10.1.2.3", _lab.Dig("new.example.", OtherAddress), StringComparison.Ordinal);
        Assert.DoesNotContain(NodeLab.LocalAddress, _lab.Node.Run("ss -lun; ss -ltn; nft list ruleset"), StringComparison.Ordinal);
    }

    /// <summary>Both pods were away at once: what is on the link is all that the next guard can know.</summary>
    [Fact]
    public void An_address_of_a_guard_that_was_killed_is_relayed_too()
    {
        var (guard, serve) = _lab.StartPair();
        foreach (var program in new[] { guard, serve })
        {
            program.Signal(Libc.SIGKILL);
            program.WaitForExit();
        }
        _lab.Address = OtherAddress;
        _lab.WriteCorefile(NodeLab.Corefile(bind: OtherAddress));
        var (next, _) = _lab.StartPair();
        next.WaitFor($"{NodeLab.LocalAddress} is no longer configured, and pods may still ask it");
        _lab.WaitUntil(() => _lab.Dig("former.example.").Contains("10.1.2.3", StringComparison.Ordinal), "it is relayed");
        Assert.Contains("10.1.2.3", _lab.Dig("former.example.", flags: "+tcp"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_of_another_name_is_given_up_once_the_new_one_carries_the_address()
    {
        var (guard, serve) = _lab.StartPair("--interface", "olddns");
        var load = _lab.Load();
        NodeLab.Pass(0.5);
        _lab.StartGuard("b");
        _lab.StartServe("b");
        NodeLab.EndRelieved(guard, serve);
        _lab.WaitUntil(() => !_lab.Node.Run("ip link").Contains("olddns", StringComparison.Ordinal), "the old link is gone");
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "another --interface after an upgrade");
        Assert.Contains(NodeLab.LocalAddress, _lab.Node.Run("ip addr show nodelocaldns"), StringComparison.Ordinal);
    }

    /// <summary>The old pod has the node again, and the rollout stops at its first node.</summary>
    [Fact]
    public void A_new_version_whose_cache_answers_wrongly_gives_the_node_back_and_stays_unready()
    {
        var (guard, _) = _lab.StartPair();
        NodeLab.WaitForService(guard);
        var next = _lab.StartGuard("b");
        _lab.StartServe("b", "--conf",
            _lab.WriteCorefile("Corefile.b", $".:53 {{\n bind {NodeLab.LocalAddress}\n template IN ANY . {{\n rcode SERVFAIL\n }}\n}}\n"));
        guard.WaitFor("relieved by the next guard");
        next.WaitFor("leaving the node to the old guard");
        guard.WaitFor("guarding again");
        _lab.WaitUntil(() => guard.Count("serves") == 2, "the old cache serves again");
        Assert.Contains("10.1.2.3", _lab.Dig("given.back.example."), StringComparison.Ordinal);
        Assert.Equal(1, _lab.Ready("b").ExitCode);
        _lab.WaitUntil(() => _lab.Ready("a").ExitCode == 0, "the old pod is ready");
    }

    /// <summary>As a cache that crashes while it starts.</summary>
    private void TakeSocketsAndDie(string pod, int workers)
    {
        using var cache = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        _lab.WaitUntil(() => File.Exists(_lab.Handover(pod)), "the guard listens");
        cache.Connect(new UnixDomainSocketEndPoint(_lab.Handover(pod)));
        var endPoints = new[] { "udp", "tcp" }.Select(p => ListenEndPoint.Parse($"{p} {NodeLab.LocalAddress}:53")!).ToList();
        HandoverChannel.Send((int)cache.Handle, new HandoverHello("dying", workers, endPoints).ToMessage(0)).OrThrow("hello");
        var given = HandoverChannel.Receive((int)cache.Handle, new byte[HandoverMessage.Capacity], out _);
        Assert.NotNull(given);
        HandoverChannel.CloseAll(given.Descriptors);
    }
}
