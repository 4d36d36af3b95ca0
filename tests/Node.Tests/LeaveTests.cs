using System.Net.Sockets;
using NodeDns.Linux.Interop;
using NodeDns.Node.Tests.Lab;
using NodeDns.Testing.Messages;

namespace NodeDns.Node.Tests;

/// <summary>What remains when guard, cache or both go: nothing of it swallows a lookup.</summary>
[Collection("node")]
public sealed class LeaveTests(ITestOutputHelper output) : IDisposable
{
    private const int SIGCONT = 18;

    /// <summary>More than one turn of a worker's loop reads.</summary>
    private const int Queued = 200;

    private readonly NodeLab _lab = new(output);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void A_cache_without_a_guard_answers_what_is_queued_before_it_ends()
    {
        var guard = _lab.StartGuard("a", "--workers", "1");
        guard.WaitFor("sockets opened");
        var serve = _lab.StartServe("a", "--workers", "1");
        NodeLab.WaitForService(guard);
        guard.Signal(Libc.SIGKILL);
        guard.WaitForExit();
        serve.Freeze();
        var asked = _lab.AskAll(Queued);
        serve.Signal(Libc.SIGTERM);
        serve.Signal(SIGCONT);
        serve.WaitForExit();
        Assert.Equal(Queued, asked.Answered());
        Assert.Equal(0, serve.ExitCode);
    }

    /// <summary>Told to stop at once; the guard is killed before the cache has begun to.</summary>
    [Fact]
    public void A_cache_whose_guard_dies_while_both_leave_answers_what_is_queued()
    {
        var guard = _lab.StartGuard("a", "--workers", "1");
        guard.WaitFor("sockets opened");
        _lab.WriteCorefile(NodeLab.Corefile(extra: "health 127.0.0.1:8080 {\n lameduck 1s\n }"));
        var serve = _lab.StartServe("a", "--workers", "1");
        NodeLab.WaitForService(guard);
        serve.Signal(Libc.SIGTERM);
        serve.WaitFor("Shutting down");
        guard.Signal(Libc.SIGKILL);
        guard.WaitForExit();
        serve.Freeze();
        var asked = _lab.AskAll(Queued);
        serve.Signal(SIGCONT);
        serve.WaitForExit();
        Assert.Equal(Queued, asked.Answered());
    }

    [Theory]
    [InlineData("auto", "nftables")]
    [InlineData("flip", "nftables")]
    [InlineData("auto", "iptables")]
    [InlineData("flip", "iptables")]
    public void A_pod_that_is_deleted_and_made_anew_loses_no_lookup(string exitMode, string rules)
    {
        string[] flags = ["--exit-mode", exitMode, "--rules", rules];
        var (guard, serve) = _lab.StartPair(flags);
        _lab.WaitUntil(() => _lab.Ready("a").ExitCode == 0, "ready");
        var load = _lab.Load();
        NodeLab.Pass(0.5);
        serve.Signal(Libc.SIGTERM);
        guard.Signal(Libc.SIGTERM);
        guard.WaitForExit();
        serve.WaitForExit();
        NodeLab.Pass(1);
        var next = _lab.StartGuard("b", flags);
        _lab.StartServe("b");
        NodeLab.WaitForService(next);
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, $"pod deleted, 1 s without any pod, exit mode {exitMode}, rules {rules}");
        _lab.WaitUntil(() => !_lab.Node.Run("nft list tables").Contains("nodelocaldns_flip", StringComparison.Ordinal), "the flip is over", 20);
    }

    /// <summary>Its program may wait for seconds for a lock that others hold.</summary>
    [Fact]
    public void A_relieved_guard_that_waits_for_iptables_leaves_no_connection_without_an_answer()
    {
        var slow = Path.Combine(_lab.Folder, "slow");
        Directory.CreateDirectory(slow);
        File.WriteAllText(Path.Combine(slow, "iptables"), "#!/bin/sh\nsleep 60\n");
        NetworkNamespace.Sh($"chmod 755 {slow}/iptables");
        var guard = _lab.StartGuardWith("-all,+net_admin,+net_bind_service", $"PATH={slow}:/usr/sbin:/usr/bin:/sbin:/bin", "--rules", "iptables");
        guard.WaitFor("relaying");
        using var client = _lab.Pod.Enter(() => new TcpClient(NodeLab.LocalAddress, 53));
        client.ReceiveTimeout = 10_000;
        var query = DnsMessage.Query("relayed.example.", "A", 7).ToBytes();
        client.GetStream().Write([0, (byte)query.Length, .. query]);
        Assert.NotEqual(0, client.GetStream().Read(new byte[512]));
        _lab.StartGuard("b");
        _lab.StartServe("b");
        guard.WaitFor("relieved by the next guard");
        guard.Signal(Libc.SIGTERM);
        var isClosed = false;
        try
        {
            isClosed = client.GetStream().Read(new byte[512]) == 0;
        }
        catch (IOException failure) when (failure.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            isClosed = true;
        }
        Assert.True(isClosed);
        Assert.False(guard.HasExited);
    }

    /// <summary>Another program has taken link and addresses over.</summary>
    [Fact]
    public void An_earlier_guards_link_is_given_up_once_another_program_carries_its_addresses()
    {
        var (guard, serve) = _lab.StartPair();
        var load = _lab.Load();
        var next = _lab.StartGuard("b", "--interface", "off", "--check-interval", "1s");
        _lab.StartServe("b");
        NodeLab.EndRelieved(guard, serve);
        next.WaitFor("the node is set up");
        Assert.Contains("10.1.2.3", _lab.Dig("still.example."), StringComparison.Ordinal);
        _lab.Node.Run($"ip link add others type bridge; ip link set others up; ip addr add {NodeLab.LocalAddress}/32 dev others");
        _lab.WaitUntil(() => !_lab.Node.Run("ip link").Contains("nodelocaldns", StringComparison.Ordinal), "the old link is gone");
        NodeLab.Pass(0.5);
        _lab.AssertNothingLost(load, "another program takes link and addresses over (--interface off)");
    }

    /// <summary>A capability that is missing costs what needs it, and one line that says so.</summary>
    [Theory]
    [InlineData("-all,+net_bind_service", "CAP_NET_ADMIN", "capability")]
    [InlineData("-all,+net_admin", "CAP_NET_BIND_SERVICE", "socket")]
    [InlineData("-all", "CAP_NET_BIND_SERVICE", "socket")]
    public void A_missing_capability_is_one_line_with_the_remedy(string capabilities, string remedy, string reason)
    {
        var guard = _lab.StartGuardWith(capabilities, "--check-interval", "1s");
        guard.WaitFor(remedy);
        _lab.WaitUntil(() => _lab.Metric($"nodedns_guard_errors_total{{reason=\"{reason}\"}}") is not ("" or "0"), "it is counted");
        NodeLab.Pass(3);
        var errors = guard.Output.Split('\n').Where(line => line.Contains("[ERROR]", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(errors);
        Assert.Equal(errors.Count, errors.Select(line => line[(line.IndexOf("[ERROR]", StringComparison.Ordinal))..]).Distinct().Count());
        Assert.False(guard.HasExited);
    }
}
