using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;
using NodeDns.Node.Tests.Lab;

namespace NodeDns.Node.Tests;

/// <summary>Everything that can be wrong with a node is one line that names the thing and the remedy, a count, and no
/// reason not to answer.</summary>
[Collection("node")]
public sealed class TroubleTests(ITestOutputHelper output) : IDisposable
{
    private readonly NodeLab _lab = new(output);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void A_missing_CAP_NET_ADMIN_is_named_and_lookups_are_answered()
    {
        // The address is there already: another program, or an init container, has made it.
        _lab.Node.Run($"ip link add other0 type bridge; ip link set other0 up; ip addr add {NodeLab.LocalAddress}/32 dev other0");
        var guard = _lab.StartGuardWith("-all,+net_bind_service");
        _lab.StartServe();
        guard.WaitFor("give the container CAP_NET_ADMIN");
        NodeLab.WaitForService(guard);
        AssertCounted("capability");
        AssertAnswered();
        Assert.NotEqual("0", _lab.Metric("coredns_nodecache_setup_errors_total{errortype=\"interface_add\"}"));
    }

    [Fact]
    public void A_missing_CAP_NET_BIND_SERVICE_is_named()
    {
        var guard = _lab.StartGuardWith("-all,+net_admin");
        guard.WaitFor("give the container CAP_NET_BIND_SERVICE");
        AssertCounted("socket");
    }

    [Fact]
    public void A_broken_iptables_is_named_and_lookups_are_answered()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_lab.Folder, "path")).FullName;
        File.WriteAllText(Path.Combine(folder, "iptables"), "#!/bin/sh\necho I am broken >&2\nexit 3\n");
        NetworkNamespace.Sh($"chmod 755 {folder}/iptables");
        var guard = _lab.StartGuardWith("-all,+net_admin,+net_bind_service", $"PATH={folder}:/usr/bin:/bin", "--rules",
            "iptables");
        _lab.StartServe();
        guard.WaitFor("exit code 3: I am broken");
        NodeLab.WaitForService(guard);
        AssertCounted("rules");
        Assert.NotEqual("0", _lab.Metric("coredns_nodecache_setup_errors_total{errortype=\"iptables\"}"));
        AssertAnswered();
    }

    [Fact]
    public void Iptables_is_the_alternative()
    {
        var (guard, _) = _lab.StartPair("--rules", "iptables", "--host-accept", "on");
        guard.WaitFor("-t raw -I PREROUTING");
        guard.WaitFor("-t filter -I INPUT");
        AssertAnswered();
    }

    [Fact]
    public void A_read_only_sysctl_is_named_with_its_command()
    {
        var guard = _lab.StartGuardWith("-all,+net_admin,+net_bind_service", "READONLY=/proc/sys");
        guard.WaitFor("sysctl -w net.ipv4.icmp_ratemask=6160");
        AssertCounted("sysctl");
        _lab.StartServe();
        NodeLab.WaitForService(guard);
        AssertAnswered();
    }

    [Fact]
    public void An_address_on_another_link_is_named()
    {
        _lab.Node.Run($"ip link add other0 type bridge; ip link set other0 up; ip addr add {NodeLab.LocalAddress}/32 dev other0");
        var (guard, _) = _lab.StartPair();
        guard.WaitFor($"{NodeLab.LocalAddress} is also on link other0");
        AssertCounted("address_elsewhere");
        AssertAnswered();
    }

    [Fact]
    public void Stale_unix_sockets_are_replaced()
    {
        Directory.CreateDirectory(Path.Combine(_lab.Folder, "a"));
        foreach (var path in new[] { _lab.Handover("a"), Path.Combine(_lab.Folder, "takeover.sock") })
        {
            const int seqpacket = 5;
            var crashed = _lab.Start("crashed", ["socat", $"UNIX-LISTEN:{path},type={seqpacket}", "PIPE"]);
            _lab.WaitUntil(() => File.Exists(path), "the socket is there");
            crashed.Signal(Libc.SIGKILL);
            crashed.WaitForExit();
            Assert.True(File.Exists(path));
        }
        _lab.StartPair();
        AssertAnswered();
    }

    [Fact]
    public void A_path_that_cannot_be_a_unix_socket_stops_the_start()
    {
        var guard = _lab.StartGuard("a", "--handover", "/proc/nowhere/handover.sock");
        guard.WaitForExit();
        Assert.Equal(1, guard.ExitCode);
        guard.WaitFor("give a path in a directory that this container may write");
    }

    [Fact]
    public void An_old_guard_that_never_answers_is_passed_over()
    {
        using var silent = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(Path.Combine(_lab.Folder, "takeover.sock")));
        silent.Listen();
        var guard = _lab.StartGuard();
        _lab.StartServe();
        guard.WaitFor("has not handed its sockets over in 3000 ms");
        NodeLab.WaitForService(guard);
        AssertCounted("takeover");
        AssertAnswered();
    }

    [Fact]
    public void Nonsense_on_the_hand_over_socket_harms_nobody()
    {
        var (guard, _) = _lab.StartPair();
        using var nonsense = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        nonsense.Connect(new UnixDomainSocketEndPoint(_lab.Handover("a")));
        nonsense.Send(new byte[] { 0, 1, 0, 1, 255, 255, 1 });
        Assert.Equal(0, nonsense.Receive(new byte[16]));
        AssertAnswered();
        Assert.Equal(0, guard.Count("is gone"));
    }

    [Fact]
    public void A_process_of_another_user_gets_no_sockets()
    {
        var guard = _lab.StartGuard("a", "--serve-uid", "4711");
        guard.WaitFor("sockets opened");
        _lab.StartServe();
        guard.WaitFor("the node is set up");
        guard.WaitFor("a process of uid 65534 wants the sockets: --serve-uid is 4711");
        // It asks ten times a second: the count goes up, the log does not.
        _lab.WaitUntil(() => int.TryParse(_lab.Metric("nodedns_guard_errors_total{reason=\"handover\"}"), out var asked) && asked > 10,
            "it has asked again and again");
        Assert.Equal(1, guard.Count("wants the sockets"));
        AssertAnswered();
    }

    /// <summary>Even where the socket's file is open to all.</summary>
    [Fact]
    public void Nobody_of_another_user_takes_the_node_over_or_reads_a_tap()
    {
        var taps = Directory.CreateDirectory(Path.Combine(_lab.Folder, "taps")).FullName;
        NetworkNamespace.Sh($"chmod 777 {taps}");
        var guard = _lab.StartGuard("a", "--tap", $"{taps}/guard.tap");
        guard.WaitFor("the node is set up");
        _lab.StartServe("a", "--tap", $"{taps}/cache.tap");
        NodeLab.WaitForService(guard);
        foreach (var (path, type) in new[]
        {
            ($"{taps}/guard.tap", (int)SocketType.Stream), ($"{taps}/cache.tap", (int)SocketType.Stream),
            ($"{_lab.Folder}/takeover.sock", (int)SocketType.Seqpacket),
        })
        {
            NetworkNamespace.Sh($"chmod 666 {path}");
            var listen = $"socat -u UNIX-CONNECT:{path},type={type} -";
            // timeout says 124: root is let in, and told nothing because it says nothing.
            Assert.Equal("0 124", NetworkNamespace.Sh(
                $"timeout 5 setpriv --reuid 4711 --clear-groups {listen}; printf '%s ' $?; timeout 1 {listen} || echo $?").Trim());
        }
        AssertAnswered();
    }

    /// <summary>It has what it needs to serve: the sockets go to the next guard.</summary>
    [Fact]
    public void A_guard_that_dies_while_it_hands_over_leaves_a_cache_that_serves()
    {
        _lab.Node.Run($"ip addr add {NodeLab.LocalAddress}/32 dev lo");
        Directory.CreateDirectory(Path.Combine(_lab.Folder, "a"));
        using var dying = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        dying.Bind(new UnixDomainSocketEndPoint(_lab.Handover("a")));
        NetworkNamespace.Sh($"chmod 666 {_lab.Handover("a")}");
        dying.Listen();
        var serve = _lab.StartServe();
        using (var accepted = dying.Accept())
        {
            dying.Dispose();
            Assert.NotEqual(0, accepted.Receive(new byte[HandoverMessage.Capacity]));
            const int stop = 19;
            const int goOn = 18;
            // It finds the sockets and the end behind them at once.
            serve.Signal(stop);
            _lab.WaitUntil(() => File.ReadAllText($"/proc/{serve.Id}/stat").Contains(") T ", StringComparison.Ordinal), "it stands");
            var local = IPEndPoint.Parse($"{NodeLab.LocalAddress}:53");
            var sockets = _lab.Node.Enter(() => Enumerable.Range(0, 2).SelectMany(worker => new[]
            {
                ListenSockets.Open(new ListenEndPoint(ListenProtocol.Udp, local), worker),
                ListenSockets.Open(new ListenEndPoint(ListenProtocol.Tcp, local), worker),
            }).ToList());
            HandoverChannel.Send((int)accepted.Handle, HandoverMessage.OfSockets(HandoverKind.Sockets, sockets).Single())
                .OrThrow("hand over");
            ListenSockets.Close(sockets);
            accepted.Dispose();
            serve.Signal(goOn);
        }
        _lab.WaitUntil(() => _lab.Dig("orphan.example.").Contains("10.1.2.3", StringComparison.Ordinal), "the cache answers");
        var guard = _lab.StartGuard();
        guard.WaitFor("has served on without a guard: 4 sockets taken from it");
        NodeLab.WaitForService(guard);
        AssertAnswered();
    }

    /// <summary>The cache has no privilege; the guard has.</summary>
    [Fact]
    public void A_cache_that_hands_over_nonsense_for_its_open_queries_does_not_end_the_guard()
    {
        _lab.Node.Run($"ip addr add {NodeLab.LocalAddress}/32 dev lo");
        var guard = _lab.StartGuard();
        guard.WaitFor("sockets opened");
        var memory = Libc.MemoryFile("nonsense").OrThrow("memfd_create");
        using var file = new FileStream(new SafeFileHandle(memory, ownsHandle: true), FileAccess.ReadWrite);
        file.SetLength(1L << 40);
        using var onlyToWrite = File.OpenWrite($"/proc/self/fd/{memory}");
        foreach (var fd in new[] { (int)onlyToWrite.SafeFileHandle.DangerousGetHandle(), memory })
        {
            var said = guard.Count("sockets given to the cache (nonsense");
            using var cache = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
            cache.Connect(new UnixDomainSocketEndPoint(_lab.Handover("a")));
            var hello = new HandoverHello("nonsense", 1_000_000, [ListenEndPoint.Parse($"udp {NodeLab.LocalAddress}:53")!]);
            HandoverChannel.Send((int)cache.Handle, hello.ToMessage(0)).OrThrow("hello");
            var open = new HandoverMessage(HandoverKind.OpenQueries);
            open.Descriptors.Add(fd);
            HandoverChannel.Send((int)cache.Handle, open).OrThrow("open queries");
            _lab.WaitUntil(() => guard.Count("sockets given to the cache (nonsense") > said, "it has the sockets");
            var gone = guard.Count("the cache (nonsense) is gone");
            cache.Dispose();
            _lab.WaitUntil(() => guard.Count("the cache (nonsense) is gone") > gone, "its end is noticed");
        }
        _lab.StartServe();
        NodeLab.WaitForService(guard);
        AssertAnswered();
    }

    [Fact]
    public void A_port_in_use_is_one_line_with_its_owner()
    {
        // Its descriptors can be read by a process with the same capabilities; of others only the uid is known.
        _lab.Start("squatter", ["setpriv", "--bounding-set", "-all", "socat",
            "TCP-LISTEN:9255,bind=127.0.0.1,reuseaddr", "PIPE"]);
        _lab.WaitUntil(() => _lab.Node.Run("ss -ltn").Contains(":9255", StringComparison.Ordinal), "the port is taken");
        var guard = _lab.StartGuard("a", "--metrics-listen", "off");
        guard.WaitFor("127.0.0.1:9255");
        guard.WaitFor("socat (pid");
        _lab.StartServe();
        NodeLab.WaitForService(guard);
        AssertAnswered();
    }

    [Theory]
    [InlineData("UDP-RECV:53", "+tcp", "")]
    [InlineData("TCP-LISTEN:53", "", "+tcp")]
    public void Sockets_that_another_program_holds_are_waited_for_while_the_others_serve(
        string held, string others, string waited)
    {
        _lab.Node.Run($"ip link add other0 type bridge; ip link set other0 up; ip addr add {NodeLab.LocalAddress}/32 dev other0");
        var squatter = _lab.Start("squatter", ["socat", $"{held},bind={NodeLab.LocalAddress}", "PIPE"]);
        _lab.WaitUntil(() => _lab.Node.Run("ss -ltun").Contains($"{NodeLab.LocalAddress}:53", StringComparison.Ordinal),
            "it is bound");
        var guard = _lab.StartGuard();
        _lab.StartServe();
        guard.WaitFor("another program holds it without SO_REUSEPORT or under another uid");
        AssertCounted("socket");
        NodeLab.WaitForService(guard);
        Assert.Contains("10.1.2.3", _lab.Dig("others.example.", flags: others), StringComparison.Ordinal);
        squatter.Signal(Libc.SIGKILL);
        guard.WaitFor("opened at last");
        _lab.WaitUntil(() => _lab.Dig("waited.example.", flags: waited).Contains("10.1.2.3", StringComparison.Ordinal),
            "the cache reads them too");
    }

    [Fact]
    public void A_reload_that_asks_for_a_port_in_use_unseats_no_cache()
    {
        var (guard, serve) = _lab.StartPair("--allow-port", "5353");
        _lab.Start("squatter", ["socat", $"TCP-LISTEN:5353,bind={NodeLab.LocalAddress}", "PIPE"]);
        var second = NodeLab.Corefile().Replace(".:53", ".:5353", StringComparison.Ordinal);
        _lab.WriteCorefile($"{NodeLab.Corefile()}\n{second}");
        guard.WaitFor("another program holds it without SO_REUSEPORT or under another uid");
        serve.WaitFor("Reloading complete");
        AssertAnswered();
        _lab.WaitUntil(() => _lab.Dig("second.example.", flags: "-p 5353").Contains("10.1.2.3", StringComparison.Ordinal),
            "the new port answers over UDP");
        Assert.Equal(0, guard.Count("is gone"));
        Assert.Equal(0, guard.Count("is hung"));
    }

    [Fact]
    public void A_Corefile_that_does_not_bind_the_local_address_is_named_and_relayed_around()
    {
        _lab.WriteCorefile(NodeLab.Corefile(bind: "127.0.0.1"));
        var guard = _lab.StartGuard();
        var serve = _lab.StartServe();
        NodeLab.WaitForService(guard);
        serve.WaitFor($"udp {NodeLab.LocalAddress}:53");
        foreach (var flags in new[] { "", "+tcp" })
        {
            _lab.WaitUntil(() => _lab.Dig("unbound.example.", flags: flags).Contains("10.1.2.3", StringComparison.Ordinal),
                "the guard answers in its place");
        }
    }

    [Fact]
    public void A_cache_without_a_guard_waits_and_can_be_stopped()
    {
        var serve = _lab.StartServe();
        serve.WaitFor("waiting for a guard");
        serve.Signal(Libc.SIGTERM);
        serve.WaitForExit(5);
    }

    [Fact]
    public void Ready_proves_that_lookups_are_answered_by_the_cache()
    {
        var guard = _lab.StartGuard();
        guard.WaitFor("sockets opened");
        Assert.Equal("503", Status("readyz"));
        Assert.Equal("200", Status("healthz"));
        var serve = _lab.StartServe();
        NodeLab.WaitForService(guard);
        _lab.WaitUntil(() => Status("readyz") == "200", "/readyz says so");
        Assert.Equal("200", Status("cachez"));
        serve.Signal(Libc.SIGKILL);
        _lab.WaitUntil(() => Status("readyz") == "503", "/readyz says so");
    }

    [Fact]
    public void A_cache_that_answers_wrongly_is_relayed_around_until_it_is_right_again()
    {
        _lab.WriteCorefile(NodeLab.Corefile(extra: "template IN ANY . {\n rcode SERVFAIL\n }"));
        var guard = _lab.StartGuard();
        _lab.StartServe();
        guard.WaitFor("probe: kubernetes.default.svc.cluster.local");
        Assert.Equal("503", Status("readyz"));
        _lab.WaitUntil(() => guard.Count("probe:") == 3 && _lab.Metric("nodedns_guard_relaying") == "1", "it relays");
        AssertAnswered();
        Assert.NotEqual("0", _lab.Metric("nodedns_guard_wrong_answers_total"));
        _lab.WriteCorefile(NodeLab.Corefile());
        guard.WaitFor("trying the cache again");
        _lab.WaitUntil(() => Status("readyz") == "200", "/readyz says so", 30);
        Assert.Equal("0", _lab.Metric("nodedns_guard_relaying"));
        AssertAnswered();
    }

    [Fact]
    public void A_hung_cache_fails_its_liveness()
    {
        var (guard, serve) = _lab.StartPair();
        _lab.WaitUntil(() => Status("cachez") == "200", "/cachez says so");
        const int stop = 19;
        const int goOn = 18;
        serve.Signal(stop);
        guard.WaitFor("the cache is hung");
        _lab.WaitUntil(() => Status("cachez") == "503", "/cachez says so");
        serve.Signal(goOn);
        _lab.WaitUntil(() => Status("cachez") == "200", "/cachez says so");
    }

    private string Status(string page) =>
        _lab.Node.Run($"curl -s -o /dev/null -w %{{http_code}} http://127.0.0.1:9255/{page}").Trim();

    private void AssertCounted(string reason) => _lab.WaitUntil(
        () => _lab.Metric($"nodedns_guard_errors_total{{reason=\"{reason}\"}}") is not ("" or "0"), $"{reason} is counted");

    private void AssertAnswered() => Assert.Contains("10.1.2.3", _lab.Dig("trouble.example."),
        StringComparison.Ordinal);
}
