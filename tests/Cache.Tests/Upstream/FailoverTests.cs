using NodeDns.Cache.Upstream;
using NodeDns.Testing;
using Xunit;

namespace NodeDns.Cache.Tests.Upstream;

public sealed class FailoverTests
{
    [Fact]
    public void A_lost_datagram_is_asked_of_another_server_within_400_ms()
    {
        using var silent = new ScriptedUpstream();
        using var other = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, silent.EndPoint, other.EndPoint);
        var outcome = cache.Ask("example.org");
        silent.Receive();
        cache.Pass(399);
        Assert.False(other.HasDatagram);
        cache.Pass(1);
        Reply(other);
        Assert.Equal(0, cache.Finish(outcome).Rcode);
    }

    [Fact]
    public void Once_the_round_trip_time_is_known_to_be_short_200_ms_are_enough()
    {
        using var server = new ScriptedUpstream();
        using var other = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint, other.EndPoint);
        for (var i = 0; i < 30; i++)
        {
            cache.Group.Servers[0].Rtt.Add(1_000);
        }
        cache.Ask("example.org");
        cache.Pass(199);
        Assert.False(other.HasDatagram);
        cache.Pass(1);
        Assert.True(other.HasDatagram);
    }

    [Fact]
    public void A_retry_over_tcp_takes_a_new_connection()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => options with { ForceTcp = true, MaxFails = 0 }, server.EndPoint);
        var warm = new[] { cache.Ask("warm"), cache.Ask("warm") };
        var connections = new[] { server.Accept(), server.Accept() };
        for (var i = 0; i < 2; i++)
        {
            cache.Turn();
            connections[i].Send(ScriptedUpstream.Reply(connections[i].Receive()));
        }
        Assert.All(warm, outcome => cache.Finish(outcome));
        var lost = cache.Ask("lost");
        cache.Pass(400);
        using var third = server.Accept();
        cache.Turn();
        third.Send(ScriptedUpstream.Reply(third.Receive()));
        Assert.Equal(0, cache.Finish(lost).Rcode);
        Array.ForEach(connections, connection => connection.Dispose());
    }

    [Fact]
    public void A_late_answer_of_the_first_server_is_still_taken()
    {
        using var slow = new ScriptedUpstream();
        using var other = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, slow.EndPoint, other.EndPoint);
        var outcome = cache.Ask("example.org");
        var (query, from) = slow.Receive();
        cache.Pass(400);
        other.Receive();
        slow.Send(from, ScriptedUpstream.Reply(query, rcode: 3));
        Assert.Equal(3, cache.Finish(outcome).Rcode);
    }

    [Fact]
    public void One_silent_server_is_asked_twice_over_udp_then_over_tcp_and_given_up_before_the_client_does()
    {
        using var silent = new ScriptedUpstream();
        using var cache = new ForwarderHarness(options => options with { MaxFails = 0 }, silent.EndPoint);
        var outcome = cache.Ask("example.org");
        silent.Receive();
        cache.Pass(400);
        silent.Receive();
        Assert.False(silent.HasConnection);
        cache.Pass(800);
        using var connection = silent.Accept();
        cache.Pass(3_199);
        Assert.False(outcome.IsDone);
        cache.Pass(1);
        Assert.Equal(UpstreamError.Timeout, outcome.Error);
        Assert.False(silent.HasDatagram);
        Assert.InRange(ForwardOptions.DeadlineDefault.TotalMilliseconds, 4000, 4499);
    }

    [Fact]
    public void A_refusing_server_is_left_for_the_next_at_once()
    {
        using var dead = new ScriptedUpstream(udp: false, tcp: false);
        using var other = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, dead.EndPoint, other.EndPoint);
        var outcome = cache.Ask("example.org");
        cache.Until(() => other.HasDatagram, "asking the other");
        Reply(other);
        Assert.Equal(0, cache.Finish(outcome).Rcode);
    }

    [Fact]
    public void A_server_that_cannot_be_reached_is_suspected_too()
    {
        // connect() to the broadcast address fails at once with EACCES.
        using var other = new ScriptedUpstream();
        var nowhere = new System.Net.IPEndPoint(System.Net.IPAddress.Parse("255.255.255.255"), 53);
        using var cache = new ForwarderHarness(null, nowhere, other.EndPoint);
        var outcome = cache.Ask("example.org");
        Assert.True(cache.Group.Servers[0].IsSuspect(cache.Loop.NowMs));
        Reply(other);
        Assert.Equal(0, cache.Finish(outcome).Rcode);
    }

    [Fact]
    public void A_refused_tcp_connection_is_left_for_the_next_at_once()
    {
        using var dead = new ScriptedUpstream(udp: false, tcp: false);
        using var other = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => options with { ForceTcp = true }, dead.EndPoint, other.EndPoint);
        var outcome = cache.Ask("example.org");
        cache.Until(() => other.HasConnection, "asking the other");
        using var connection = other.Accept();
        cache.Until(() => connection.HasData, "the query");
        connection.Send(ScriptedUpstream.Reply(connection.Receive()));
        Assert.Equal(0, cache.Finish(outcome).Rcode);
    }

    [Fact]
    public void A_new_connection_that_closes_unanswered_is_a_failure_of_its_server()
    {
        using var closing = new ScriptedUpstream();
        using var other = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => options with { ForceTcp = true }, closing.EndPoint, other.EndPoint);
        var outcome = cache.Ask("example.org");
        closing.Accept().Close();
        cache.Until(() => other.HasConnection, "asking the other");
        using var connection = other.Accept();
        cache.Until(() => connection.HasData, "the query");
        connection.Send(ScriptedUpstream.Reply(connection.Receive()));
        Assert.Equal(0, cache.Finish(outcome).Rcode);
    }

    [Fact]
    public void When_all_refuse_the_error_follows_at_the_deadline_and_sooner_once_they_are_known_to_be_down()
    {
        using var dead = new ScriptedUpstream(udp: false, tcp: false);
        using var alsoDead = new ScriptedUpstream(udp: false, tcp: false);
        using var cache = new ForwarderHarness(null, dead.EndPoint, alsoDead.EndPoint);
        Assert.InRange(Refused(), 4_200, 4_400);
        Assert.True(cache.Group.IsKnownDead);
        Assert.InRange(Refused(), 1_300, 1_500);

        int Refused()
        {
            var outcome = cache.Ask("example.org");
            var passed = 0;
            for (; !outcome.IsDone; passed += 100)
            {
                cache.Pass(100);
            }

            Assert.Equal(UpstreamError.Refused, outcome.Error);
            return passed;
        }
    }

    /// <summary>As behind kube-proxy, which chooses a pod that has ended until it knows of that.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_server_that_refuses_for_two_seconds_is_asked_again(bool tcp)
    {
        using var gone = new ScriptedUpstream(udp: false, tcp: false);
        using var cache = new ForwarderHarness(options => options with { ForceTcp = tcp }, gone.EndPoint);
        var outcome = cache.Ask("example.org");
        for (var ms = 0; ms < 2_000; ms += 100)
        {
            cache.Pass(100);
        }

        Assert.False(outcome.IsDone);
        using var back = new FakeUpstream(gone.EndPoint) { Otherwise = _ => FakeAnswer.With("example.org. 60 IN A 192.0.2.1") };
        cache.Pass(200);
        Assert.Equal(0, cache.Finish(outcome).Rcode);
    }

    /// <summary>The connection of the last attempt fails 3.2 s after the first was sent.</summary>
    [Fact]
    public void A_question_whose_connections_never_open_is_given_up_at_its_deadline_and_not_with_the_last_of_them()
    {
        using var server = new ScriptedUpstream();
        server.SwallowSyns();
        using var cache = new ForwarderHarness(options => options with { ForceTcp = true, MaxFails = 0 }, server.EndPoint);
        var outcome = cache.Ask("example.org");
        for (var ms = 0; ms < 4_300; ms += 100)
        {
            cache.Pass(100);
            Assert.False(outcome.IsDone);
        }

        cache.Pass(100);
        Assert.Equal(UpstreamError.Timeout, outcome.Error);
    }

    [Fact]
    public void Max_connect_attempts_caps_what_one_query_may_try()
    {
        using var dead = new ScriptedUpstream(udp: false, tcp: false);
        using var other = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => options with { MaxConnectAttempts = 1 }, dead.EndPoint, other.EndPoint);
        Assert.Equal(UpstreamError.Refused, cache.Finish(cache.Ask("example.org")).Error);
        Assert.False(other.HasDatagram);
    }

    [Fact]
    public void A_question_that_is_asked_of_nobody_else_does_not_wake_the_loop_before_its_deadline()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => options with { MaxFails = 0, MaxConnectAttempts = 1 }, server.EndPoint);
        var outcome = cache.Ask("example.org");
        cache.Pass(cache.Loop.TimeoutMs);
        Assert.False(outcome.IsDone);
        cache.Pass(cache.Loop.TimeoutMs);
        Assert.Equal(UpstreamError.Timeout, outcome.Error);
    }

    [Fact]
    public void One_dead_server_costs_one_timeout_and_not_one_per_query()
    {
        using var dead = new ScriptedUpstream();
        using var other = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, dead.EndPoint, other.EndPoint);
        var first = cache.Ask("n0");
        cache.Pass(400);
        Reply(other);
        cache.Finish(first);
        for (var i = 1; i < 10; i++)
        {
            var outcome = cache.Ask($"n{i}");
            Reply(other);
            cache.Finish(outcome);
        }
        Assert.Equal(["n0"], Drain(dead).Where(name => name.StartsWith('n')));
    }

    [Fact]
    public void A_server_that_is_slow_with_one_name_only_is_not_suspected()
    {
        using var server = new ScriptedUpstream();
        using var other = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint, other.EndPoint);
        var slow = cache.Ask("slow");
        server.Receive();
        cache.Pass(100);
        var fast = cache.Ask("fast");
        Reply(server);
        cache.Finish(fast);
        cache.Pass(300);
        Reply(other);
        cache.Finish(slow);
        cache.Ask("next");
        Assert.True(server.HasDatagram);
        Assert.Equal("next", ForwarderHarness.NameOf(server.Receive().Query));
    }

    [Fact]
    public void Failover_rcodes_try_every_server_and_return_the_last_reply()
    {
        using var first = new ScriptedUpstream();
        using var second = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => options with { Failover = new RcodeSet(2, 5) }, first.EndPoint, second.EndPoint);
        var outcome = cache.Ask("example.org");
        Reply(first, rcode: 2);
        cache.Until(() => second.HasDatagram, "asking the other");
        Reply(second, rcode: 5);
        Assert.Equal(5, cache.Finish(outcome).Rcode);
    }

    [Fact]
    public void Without_failover_an_error_reply_is_the_answer()
    {
        using var first = new ScriptedUpstream();
        using var second = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, first.EndPoint, second.EndPoint);
        var outcome = cache.Ask("example.org");
        Reply(first, rcode: 2);
        Assert.Equal(2, cache.Finish(outcome).Rcode);
        Assert.False(second.HasDatagram);
    }

    [Fact]
    public void A_failover_reply_is_returned_when_the_other_servers_stay_silent()
    {
        using var first = new ScriptedUpstream();
        using var second = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => options with { Failover = new RcodeSet(2) }, first.EndPoint, second.EndPoint);
        var outcome = cache.Ask("example.org");
        Reply(first, rcode: 2);
        cache.Until(() => second.HasDatagram, "asking the other");
        cache.Pass(4_400);
        Assert.Equal(2, cache.Finish(outcome).Rcode);
    }

    [Fact]
    public void Max_concurrent_refuses_the_next_query_of_any_worker()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(options => options with { MaxConcurrent = 1 }, server.EndPoint);
        var first = cache.Ask("example.org");
        Assert.Equal(UpstreamError.TooManyConcurrent, cache.Ask("example.net", by: cache.AnotherWorker()).Error);
        Assert.Equal(1, cache.Metric("coredns_forward_max_concurrent_rejects_total"));
        Reply(server);
        cache.Finish(first);
        Assert.Equal(0, cache.Group.Concurrent);
        Assert.False(cache.Ask("example.com").IsDone);
    }

    [Fact]
    public void Disposing_fails_what_is_under_way()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcome = cache.Ask("example.org");
        cache.Forwarder.Dispose();
        Assert.Equal(UpstreamError.Stopped, outcome.Error);
        Assert.Equal(0, cache.Forwarder.Active);
    }

    [Fact]
    public void A_retired_forwarder_finishes_what_is_under_way_and_keeps_no_connection()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(options => options with { ForceTcp = true }, server.EndPoint);
        var outcome = cache.Ask("example.org");
        using var connection = server.Accept();
        cache.Forwarder.Retire();
        cache.Turn();
        connection.Send(ScriptedUpstream.Reply(connection.Receive()));
        Assert.Equal(0, cache.Finish(outcome).Rcode);
        Assert.True(connection.IsClosedByClient);
    }

    [Fact]
    public void A_message_without_one_question_is_not_sent()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcome = new ForwarderHarness.Outcome();
        cache.Forwarder.Forward(new byte[12], false, outcome);
        cache.Turn();
        Assert.Equal(UpstreamError.Malformed, outcome.Error);
    }

    [Fact]
    public void Edns_is_left_out_after_a_formerr_and_from_then_on()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcome = cache.Ask("example.org", edns: true);
        Reply(server, rcode: 1);
        cache.Until(() => server.HasDatagram, "asking without OPT");
        var (query, from) = server.Receive();
        Assert.Equal(ForwarderHarness.Query("example.org")[2..], query[2..]);
        server.Send(from, ScriptedUpstream.Reply(query));
        Assert.Equal(0, cache.Finish(outcome).Rcode);
        cache.Ask("example.net", edns: true);
        Assert.Equal(ForwarderHarness.Query("example.net")[2..], server.Receive().Query[2..]);
        cache.Pass(3_600_001);
        cache.Ask("example.com", edns: true);
        var withOpt = ForwarderHarness.Query("example.com", edns: true);
        Assert.Contains(Datagrams(server), datagram => datagram.Length == withOpt.Length);
    }

    [Fact]
    public void A_formerr_with_and_without_edns_is_the_answer_and_says_nothing_about_edns()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcome = cache.Ask("example.org", edns: true);
        Reply(server, rcode: 1);
        cache.Until(() => server.HasDatagram, "asking without OPT");
        Reply(server, rcode: 1);
        Assert.Equal(1, cache.Finish(outcome).Rcode);
        cache.Ask("example.net", edns: true);
        Assert.Equal(ForwarderHarness.Query("example.net", edns: true)[2..], server.Receive().Query[2..]);
    }

    /// <summary>Read as a NOERROR, it would be an empty answer. RFC 6891 section 6.1.1: the OPT record may be anywhere
    /// in its section.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    public void Badvers_counts_as_not_understanding_edns(int authority, int additional)
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcome = cache.Ask("example.org", edns: true);
        var (query, from) = server.Receive();
        byte[] record = [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];
        byte[] badVers =
        [
            .. ScriptedUpstream.Reply(query), .. Enumerable.Repeat(record, authority + additional).SelectMany(octets => octets),
            0, 0, 41, 0x10, 0, 1, 0, 0, 0, 0, 0,
        ];
        (badVers[9], badVers[11]) = ((byte)authority, (byte)(additional + 1));
        server.Send(from, badVers);
        cache.Until(() => server.HasDatagram, "asking without OPT");
        Reply(server);
        Assert.Equal(0, cache.Finish(outcome).Rcode);
    }

    internal static void Reply(ScriptedUpstream server, int rcode = 0)
    {
        var (query, from) = server.Receive();
        server.Send(from, ScriptedUpstream.Reply(query, rcode));
    }

    private static List<string> Drain(ScriptedUpstream server) =>
        [.. Datagrams(server).Select(query => query[12] == 0 ? "." : ForwarderHarness.NameOf(query))];

    private static List<byte[]> Datagrams(ScriptedUpstream server)
    {
        var all = new List<byte[]>();
        while (server.HasDatagram)
        {
            all.Add(server.Receive().Query);
        }
        return all;
    }
}
