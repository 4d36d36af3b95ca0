using System.Net;
using System.Net.Sockets;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;
using NodeDns.Node.Tests.Lab;
using NodeDns.Testing.Messages;

namespace NodeDns.Node.Tests;

/// <summary>The cache's uid is in other hands: whatever it does to the guard, the guard lives, gives away nothing that
/// is not the cache's, and serves the honest cache.</summary>
[Collection("node")]
public sealed class BoundaryTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>The guard may be quicker with a new socket.</summary>
    private const string ADirectory = "until (rm -f {0}; mkdir {0}) 2>/dev/null; do :; done; mkdir -p {0}/deep";

    private readonly NodeLab _lab = new(output);

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("tcp 10.244.1.1:443")]
    [InlineData("tcp 169.254.20.10:22")]
    [InlineData("udp 0.0.0.0:123")]
    public void A_cache_gets_sockets_at_the_guards_addresses_and_named_ports_only(string endPoint)
    {
        var guard = _lab.StartGuard();
        guard.WaitFor("the node is set up");
        using var cache = Connect();
        Say(cache, new HandoverHello("greedy", 2,
            [ListenEndPoint.Parse($"udp {NodeLab.LocalAddress}:53")!, ListenEndPoint.Parse(endPoint)!]).ToMessage(0));
        var given = HandoverChannel.Receive((int)cache.Handle, new byte[HandoverMessage.Capacity], out _)!;
        Assert.All(given.Sockets()!, socket => Assert.Equal(IPEndPoint.Parse($"{NodeLab.LocalAddress}:53"), socket.EndPoint));
        HandoverChannel.CloseAll(given.Descriptors);
        guard.WaitFor("name the port there");
    }

    [Fact]
    public void Thousands_of_silent_connections_keep_no_cache_out()
    {
        var guard = _lab.StartGuard();
        guard.WaitFor("the node is set up");
        var silent = Enumerable.Range(0, 1300).Select(_ => Connect()).ToList();
        _lab.StartServe();
        NodeLab.WaitForService(guard);
        Assert.InRange(Descriptors(guard), 0, 200);
        silent.ForEach(socket => socket.Dispose());
        Assert.Contains("10.1.2.3", _lab.Dig("alive.example."), StringComparison.Ordinal);
    }

    [Fact]
    public void A_hello_for_all_that_one_can_ask_for_opens_few_sockets()
    {
        var guard = _lab.StartGuard("a", "--allow-port", string.Join(',', Enumerable.Range(5300, 400)));
        guard.WaitFor("the node is set up");
        using var cache = Connect();
        Say(cache, new HandoverHello("greedy", 256,
            [.. Enumerable.Range(5300, 400).Select(port => ListenEndPoint.Parse($"udp {NodeLab.LocalAddress}:{port}")!)]).ToMessage(0));
        guard.WaitFor("sockets given to the cache (greedy");
        Assert.InRange(Descriptors(guard), 0, 2200);
    }

    /// <summary>As much as values.yaml gives the guard's container.</summary>
    [Fact]
    public void All_of_it_at_once_fits_into_the_guards_memory_limit()
    {
        Assert.SkipWhen(NodeLab.Program[0] == "dotnet", "needs the published program: make build");
        using var limit = new MemoryLimit(64);
        var guard = _lab.StartGuardIn(limit, "a", "--allow-port", string.Join(',', Enumerable.Range(5300, 400)));
        guard.WaitFor("the node is set up");
        var silent = Enumerable.Range(0, 1300).Select(_ => Connect()).ToList();
        using var greedy = Connect();
        Say(greedy, new HandoverHello("greedy", 256,
            [.. Enumerable.Range(5300, 400).Select(port => ListenEndPoint.Parse($"udp {NodeLab.LocalAddress}:{port}")!)]).ToMessage(0));
        guard.WaitFor("sockets given to the cache (greedy");
        using var endless = Connect();
        Say(endless, new HandoverHello("endless", 2, []).ToMessage(1));
        OfferWithoutEnd(endless);
        guard.WaitFor("offers more than");
        silent.AddRange(Enumerable.Range(0, 1300).Select(_ => Connect()));
        greedy.Dispose();
        _lab.StartServe();
        NodeLab.WaitForService(guard);
        Assert.Equal(0, limit.OomKills);
        Assert.False(guard.HasExited);
        Assert.Contains("10.1.2.3", _lab.Dig("alive.example."), StringComparison.Ordinal);
        _lab.Print($"a cache's uid asks for all that it can: {limit.PeakMiB} MiB of the guard's 64 at most");
        silent.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public void An_offer_that_never_ends_is_cut_short()
    {
        var (guard, _) = _lab.StartPair();
        using var cache = Connect();
        Say(cache, new HandoverHello("endless", 2, []).ToMessage(1));
        OfferWithoutEnd(cache);
        guard.WaitFor("offers more than");
        _lab.WaitUntil(() => Descriptors(guard) < 200, "what it offered is closed");
        Assert.Contains("10.1.2.3", _lab.Dig("alive.example."), StringComparison.Ordinal);
    }

    [Fact]
    public void Sockets_of_another_network_are_not_taken_for_the_guards()
    {
        var guard = _lab.StartGuard();
        guard.WaitFor("the node is set up");
        using var cache = Connect();
        Say(cache, new HandoverHello("elsewhere", 2, []).ToMessage(1));
        HandoverChannel.Receive((int)cache.Handle, new byte[HandoverMessage.Capacity], out _);
        var local = new ListenEndPoint(ListenProtocol.Udp, IPEndPoint.Parse($"{NodeLab.LocalAddress}:53"));
        var elsewhere = _lab.Pod.Enter(() => ListenSockets.Open(local, 0));
        Say(cache, HandoverMessage.OfSockets(HandoverKind.Offer, [elsewhere]).Single());
        guard.WaitFor("0 sockets taken from it");
        ListenSockets.Close([elsewhere]);
    }

    [Theory]
    [InlineData("rm -f {0}")]
    [InlineData(ADirectory + "; touch {0}/deep/file")]
    [InlineData("rm -f {0}; touch {0}")]
    public void A_path_that_was_damaged_is_remade(string damage)
    {
        var (guard, serve) = _lab.StartPair();
        NetworkNamespace.Sh(damage.Replace("{0}", _lab.Handover("a"), StringComparison.Ordinal));
        serve.Signal(Libc.SIGKILL);
        serve.WaitForExit();
        _lab.StartServe();
        _lab.WaitUntil(() => guard.Count("serves") == 2, "the next cache serves");
        Assert.Contains("10.1.2.3", _lab.Dig("again.example."), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rm -f {0}")]
    [InlineData(ADirectory)]
    public void The_path_for_the_next_guard_is_remade_too(string damage)
    {
        var (guard, _) = _lab.StartPair();
        var path = Path.Combine(_lab.Folder, "takeover.sock");
        NetworkNamespace.Sh(damage.Replace("{0}", path, StringComparison.Ordinal));
        _lab.WaitUntil(() => NetworkNamespace.Sh($"stat -c %F {path} || true").StartsWith("socket", StringComparison.Ordinal), "it is a socket");
        var next = _lab.StartGuard("b");
        next.WaitFor("taken over from the old guard");
        _lab.StartServe("b");
        guard.WaitFor("relieved by the next guard");
    }

    [Fact]
    public void A_directory_that_the_cache_has_filled_keeps_no_guard_from_starting()
    {
        var folder = Path.Combine(_lab.Folder, "a");
        // 'ip netns exec' has a mount namespace of its own, and a mount there is seen by what is started in it only.
        var full = string.Join(" && ",
            $"mkdir -p {folder}", $"mount -t tmpfs -o size=16k,nr_inodes=8 tmpfs {folder}", $"chmod 777 {folder}",
            $"(setpriv --reuid 65534 --clear-groups sh -c 'for i in 1 2 3 4 5 6 7 8 9; do echo x >{folder}/file$i; done' 2>/dev/null || true)");
        var guard = _lab.StartGuardWith("-all,+net_admin,+net_bind_service", $"PREPARE={full}");
        guard.WaitFor("the node is set up");
        _lab.WaitUntil(() => NetworkNamespace.Sh($"ls -l /proc/{guard.Id}/root{folder}").Contains("handover.sock", StringComparison.Ordinal),
            "the path is made");
        Assert.False(guard.HasExited);
    }

    [Fact]
    public void While_the_guard_relays_a_client_of_many_connections_keeps_no_other_out()
    {
        _lab.Pod.Run("ip addr add 10.244.1.3/24 dev eth0");
        var guard = _lab.StartGuard();
        guard.WaitFor("the node is set up");
        var slow = _lab.Pod.Enter(() => Enumerable.Range(0, 2100).Select(_ =>
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.Connect(IPAddress.Parse(NodeLab.LocalAddress), 53);
            return client;
        }).ToList());
        try
        {
            var query = DnsMessage.Query("fair.example.", "A", 7).ToBytes();
            for (var i = 0; i < 120; i++)
            {
                using var other = _lab.Pod.Enter(() => new TcpClient(new IPEndPoint(IPAddress.Parse("10.244.1.3"), 0)));
                other.ReceiveTimeout = 2000;
                _lab.Pod.Enter(() =>
                {
                    other.Connect(NodeLab.LocalAddress, 53);
                    return 0;
                });
                other.GetStream().Write([0, (byte)query.Length, .. query]);
                Assert.NotEqual(0, other.GetStream().Read(new byte[512]));
            }
        }
        finally
        {
            slow.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public void A_family_that_is_not_used_is_not_touched()
    {
        var guard = _lab.StartGuardWith("-all,+net_admin,+net_bind_service", "READONLY=/proc/sys/net/ipv6");
        guard.WaitFor("the node is set up");
        Assert.Equal("0", _lab.Metric("nodedns_guard_errors_total{reason=\"sysctl\"}"));
        Assert.Equal(0, guard.Count("ERROR"));
    }

    [Fact]
    public void An_address_whose_family_is_switched_off_keeps_no_other_from_being_served()
    {
        _lab.Node.Run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
        _lab.Address = $"{NodeLab.LocalAddress6},{NodeLab.LocalAddress}";
        _lab.WriteCorefile(NodeLab.Corefile(bind: $"{NodeLab.LocalAddress6} {NodeLab.LocalAddress}"));
        var (guard, _) = _lab.StartPair();
        guard.WaitFor("IPv6 is switched off on this node");
        Assert.Contains("10.1.2.3", _lab.Dig("four.example."), StringComparison.Ordinal);
        _lab.WaitUntil(() => _lab.Node.Run("curl -s http://127.0.0.1:9255/readyz").StartsWith("OK", StringComparison.Ordinal), "ready");
        Assert.Equal("1", _lab.Metric("nodedns_guard_absent_addresses"));
    }

    [Fact]
    public void A_cache_whose_health_endpoint_is_at_the_local_address_may_start_before_the_guard()
    {
        _lab.WriteCorefile(NodeLab.Corefile(extra: $"health {NodeLab.LocalAddress}:8080"));
        var serve = _lab.StartServe();
        serve.WaitFor("waiting for a guard");
        var guard = _lab.StartGuard();
        NodeLab.WaitForService(guard);
        Assert.Contains("OK", _lab.Node.Run($"curl -s http://{NodeLab.LocalAddress}:8080/health"), StringComparison.Ordinal);
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(_lab.Handover("a")));
        return socket;
    }

    private static void OfferWithoutEnd(Socket cache)
    {
        HandoverChannel.Receive((int)cache.Handle, new byte[HandoverMessage.Capacity], out _);
        using var some = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        for (var part = 0; part < 40; part++)
        {
            var message = new HandoverMessage(HandoverKind.Offer);
            for (var i = 0; i < HandoverMessage.SocketsPerMessage; i++)
            {
                message.With(HandoverTag.Socket, $"0 udp {NodeLab.LocalAddress}:53");
                message.Descriptors.Add((int)some.Handle);
            }
            if (HandoverChannel.Send((int)cache.Handle, message.With(HandoverTag.More, 1u)).IsError)
            {
                break;
            }
        }
    }

    private static void Say(Socket to, HandoverMessage message) => HandoverChannel.Send((int)to.Handle, message).OrThrow("send");

    private static int Descriptors(RunningProgram program) => Directory.GetFileSystemEntries($"/proc/{program.Id}/fd").Length;
}
