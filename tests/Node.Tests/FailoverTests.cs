using System.Net;
using System.Net.Sockets;
using NodeDns.Linux.Interop;
using NodeDns.Node.Tests.Lab;
using NodeDns.Testing;
using NodeDns.Testing.Messages;

namespace NodeDns.Node.Tests;

/// <summary>The cache or the guard dies, hangs or is away, while a pod asks a thousand times a second.</summary>
[Collection("node")]
public sealed class FailoverTests(ITestOutputHelper output) : IDisposable
{
    private const int SIGSTOP = 19;
    private const int SIGCONT = 18;

    private readonly NodeLab _lab = new(output);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Nothing_happens_and_nothing_is_lost()
    {
        _lab.StartPair();
        var load = _lab.Load();
        NodeLab.Pass(3);
        _lab.AssertNothingLost(load, "nothing happens");
    }

    [Fact]
    public void Killing_the_cache_loses_no_lookup()
    {
        var (guard, serve) = _lab.StartPair();
        var load = _lab.Load();
        NodeLab.Pass(2);
        serve.Signal(Libc.SIGKILL);
        serve.WaitForExit();
        _lab.StartServe();
        _lab.WaitUntil(() => guard.Count("serves") == 2, "the next cache serves");
        NodeLab.Pass(2);
        _lab.AssertNothingLost(load, "SIGKILL of the cache");
    }

    [Fact]
    public void A_cache_that_is_away_for_five_seconds_loses_no_lookup()
    {
        var (guard, serve) = _lab.StartPair();
        var load = _lab.Load();
        NodeLab.Pass(1);
        serve.Signal(Libc.SIGKILL);
        guard.WaitFor("relaying");
        NodeLab.Pass(5);
        _lab.StartServe();
        _lab.WaitUntil(() => guard.Count("serves") == 2, "the next cache serves");
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "cache absent for 5 s");
    }

    [Fact]
    public void Stopping_the_cache_properly_loses_no_lookup()
    {
        var (guard, serve) = _lab.StartPair();
        var load = _lab.Load();
        NodeLab.Pass(1);
        serve.Signal(Libc.SIGTERM);
        serve.WaitForExit();
        Assert.Equal(0, serve.ExitCode);
        _lab.StartServe();
        _lab.WaitUntil(() => guard.Count("serves") == 2, "the next cache serves");
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "SIGTERM of the cache");
    }

    [Fact]
    public void Killing_the_guard_loses_no_lookup()
    {
        var (guard, _) = _lab.StartPair();
        var load = _lab.Load();
        NodeLab.Pass(1);
        guard.Signal(Libc.SIGKILL);
        guard.WaitForExit();
        NodeLab.Pass(1);
        var next = _lab.StartGuard();
        next.WaitFor("has served on without a guard");
        next.WaitFor("serves");
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "SIGKILL of the guard");
    }

    [Fact]
    public void A_hang_of_the_cache_loses_no_lookup()
    {
        var (guard, serve) = _lab.StartPair();
        var load = _lab.Load();
        NodeLab.Pass(1);
        serve.Freeze();
        guard.WaitFor("hung");
        NodeLab.Pass(2);
        serve.Signal(SIGCONT);
        guard.WaitFor("turns again");
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "hang (SIGSTOP, 2 s)");
    }

    [Theory]
    [InlineData(Libc.SIGKILL, false)]
    [InlineData(Libc.SIGKILL, true)]
    [InlineData(SIGSTOP, false)]
    public void Queries_that_wait_for_upstream_do_not_go_down_with_the_cache(int signal, bool underAnotherGuard)
    {
        const string silent = "10.0.0.3";
        // What the receive buffers of the test's own sockets hold, whoever is slow to read them.
        const int asked = 100;
        _lab.Dns.Run($"ip addr add {silent}/24 dev eth0");
        var upstream = _lab.StartClusterDns(silent);
        upstream.Otherwise = _ => new FakeAnswer { Silent = true };
        _lab.WriteCorefile(NodeLab.Corefile().Replace(NodeLab.ClusterDns, silent, StringComparison.Ordinal));
        var (guard, serve) = _lab.StartPair("--probe-interval", "0s");
        if (underAnotherGuard)
        {
            guard.Signal(Libc.SIGKILL);
            guard.WaitForExit();
            guard = _lab.StartGuard("a", "--probe-interval", "0s");
            guard.WaitFor("has served on without a guard");
            guard.WaitFor("serves");
        }
        using var client = _lab.Pod.Enter(() => new UdpClient(NodeLab.LocalAddress, 53));
        for (ushort id = 0; id < asked; id++)
        {
            client.Send(DnsMessage.Query($"n{id}.example.", "A", id).ToBytes());
        }
        _lab.WaitUntil(() => upstream.Queries.Select(seen => seen.Query.Question!.Name).Distinct().Count() >= asked,
            "the cache has asked for every name");
        serve.Signal(signal);

        client.Client.ReceiveTimeout = 5000;
        var server = new IPEndPoint(IPAddress.Any, 0);
        var answered = new HashSet<int>();
        while (answered.Count < asked)
        {
            var reply = DnsMessage.Parse(client.Receive(ref server));
            Assert.Equal("10.1.2.3", Assert.Single(reply.Answer).Data);
            Assert.Equal($"n{reply.Id}.example.", reply.Question!.Name);
            answered.Add(reply.Id);
        }
        guard.WaitFor($"had not answered {asked} queries");
        Assert.Equal($"{asked}", _lab.Metric("nodedns_guard_rescued_queries_total"));
    }

    /// <summary>Its first heartbeat comes with its readiness.</summary>
    [Fact]
    public void A_cache_that_hangs_as_soon_as_it_serves_is_noticed()
    {
        // Nothing is asked: an empty queue tells nothing.
        var guard = _lab.StartGuard("a", "--probe-interval", "0");
        var serve = _lab.StartServe();
        guard.WaitFor("serves");
        serve.Freeze();
        guard.WaitFor("the cache is hung, no heartbeat");
        guard.WaitFor("the node is set up");
        Assert.Contains("10.1.2.3", _lab.Dig("relayed.example."), StringComparison.Ordinal);
    }

    /// <summary>A connection that the relay has accepted, and cluster DNS is slow to answer, when those of the hung cache are
    /// reset.</summary>
    [Fact]
    public void Freeing_the_clients_of_a_hung_cache_spares_those_of_the_relay()
    {
        var (guard, serve) = _lab.StartPair("--hang-after", "2s");
        var release = new TaskCompletionSource();
        _lab.Upstream!.Otherwise = question =>
        {
            var answer = FakeAnswer.With($"{question.Name} 3600 IN A 10.1.2.3");
            answer.Hold = question.Name.StartsWith("slow", StringComparison.Ordinal) ? release.Task : null;
            return answer;
        };
        serve.Freeze();
        using var client = _lab.Pod.Enter(() => new TcpClient(NodeLab.LocalAddress, 53));
        var query = DnsMessage.Query("slow.example.", "A", 4711).ToBytes();
        var stream = client.GetStream();
        stream.Write([0, (byte)query.Length, .. query]);
        guard.WaitFor("relaying to");
        guard.WaitFor("connections of the hung cache reset");
        release.SetResult();
        var reply = new byte[512];
        stream.ReadExactly(reply, 0, 2);
        stream.ReadExactly(reply, 2, reply[1]);
        Assert.Equal(4711, DnsMessage.Parse(reply.AsSpan(2, reply[1])).Id);
    }

    [Fact]
    public void A_crash_loop_loses_no_lookup_and_is_held_back()
    {
        var (guard, serve) = _lab.StartPair();
        var load = _lab.Load();
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
        Assert.Equal(3, guard.Count("serves"));
        _lab.WaitUntil(() => guard.Count("serves") == 4, "the cache is let in again");
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "crash loop (3 deaths in 10 s)");
    }

    [Fact]
    public void Reloading_the_Corefile_loses_no_lookup()
    {
        var (_, serve) = _lab.StartPair();
        var load = _lab.Load();
        NodeLab.Pass(1);
        _lab.WriteCorefile(NodeLab.Corefile(extra: "log . {\n class error\n }"));
        serve.WaitFor("Reloading complete");
        NodeLab.Pass(1);
        _lab.WriteCorefile("broken {");
        serve.WaitFor("reload failed");
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "Corefile reload, good and bad");
    }

    [Fact]
    public void A_node_that_keeps_the_guard_waiting_loses_no_lookup()
    {
        // As iptables waits for another's lock: each call, while the file is there.
        var folder = Directory.CreateDirectory(Path.Combine(_lab.Folder, "path")).FullName;
        var program = Path.Combine(folder, "iptables");
        File.WriteAllText(program, $"#!/bin/sh\n[ ! -e {folder}/slow ] || sleep 2\nexec /usr/sbin/iptables \"$@\"\n");
        NetworkNamespace.Sh($"chmod 755 {program}");
        var guard = _lab.StartGuardWith("-all,+net_admin,+net_bind_service", $"PATH={folder}:/usr/bin:/bin",
            "--rules", "iptables", "--check-interval", "1s");
        var serve = _lab.StartServe();
        NodeLab.WaitForService(guard);
        var load = _lab.Load();
        NodeLab.Pass(1);
        File.WriteAllText(Path.Combine(folder, "slow"), "");
        NodeLab.Pass(1.5);
        serve.Signal(Libc.SIGKILL);
        guard.WaitFor("relaying");
        NodeLab.Pass(2);
        File.Delete(Path.Combine(folder, "slow"));
        _lab.StartServe();
        _lab.WaitUntil(() => guard.Count("serves") == 2, "the next cache serves");
        NodeLab.Pass(0.5);
        _lab.AssertNothingLost(load, "SIGKILL of the cache while iptables waits for a lock");
    }

    [Fact]
    public void Endpoints_that_a_reload_adds_and_drops_are_opened_and_left()
    {
        var (_, serve) = _lab.StartPair("--allow-port", "5353");
        var load = _lab.Load();
        NodeLab.Pass(0.5);
        var second = NodeLab.Corefile().Replace(".:53", ".:5353", StringComparison.Ordinal);
        _lab.WriteCorefile($"{NodeLab.Corefile()}\n{second}");
        _lab.WaitUntil(() => _lab.Dig("added.example.", flags: "+tcp -p 5353").Contains("10.1.2.3", StringComparison.Ordinal),
            "the added port answers over TCP");
        Assert.Contains("10.1.2.3", _lab.Dig("added.example.", flags: "-p 5353"), StringComparison.Ordinal);
        _lab.WriteCorefile(NodeLab.Corefile());
        _lab.WaitUntil(() => serve.Count("Reloading complete") == 2, "the second reload");
        NodeLab.Pass(1);
        Assert.Contains("10.1.2.3", _lab.Dig("kept.example."), StringComparison.Ordinal);
        // The guard keeps what it has opened, for the next reload.
        Assert.Contains("REFUSED", _lab.Dig("dropped.example.", flags: "-p 5353"), StringComparison.Ordinal);
        _lab.AssertNothingLost(load, "reloads that add a port and drop it");
    }
}
