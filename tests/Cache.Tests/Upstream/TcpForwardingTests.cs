using NodeDns.Cache.Upstream;
using NodeDns.Testing;
using Xunit;

namespace NodeDns.Cache.Tests.Upstream;

public sealed class TcpForwardingTests
{
    private static ForwardOptions ForceTcp(ForwardOptions options) => options with { ForceTcp = true };

    private static ForwardOptions OneConnection(ForwardOptions options) =>
        options with { ForceTcp = true, Connections = 1 };

    [Theory]
    [InlineData(false, false, false, false)]
    [InlineData(false, false, true, true)]
    [InlineData(true, false, false, true)]
    [InlineData(true, true, false, true)]
    [InlineData(false, true, true, false)]
    public void The_clients_protocol_is_used_unless_force_tcp_or_else_prefer_udp_is_set(
        bool forceTcp, bool preferUdp, bool clientUsedTcp, bool expectTcp)
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => options with { ForceTcp = forceTcp, PreferUdp = preferUdp }, server.EndPoint);
        cache.Ask("example.org", clientUsedTcp);
        Assert.Equal(expectTcp, server.HasConnection);
        Assert.Equal(!expectTcp, server.HasDatagram);
    }

    [Fact]
    public void An_idle_connection_is_used_again()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(ForceTcp, server.EndPoint);
        using var connection = Exchange(cache, server, null);
        for (var i = 0; i < 3; i++)
        {
            Exchange(cache, server, connection);
        }
        Assert.False(server.HasConnection);
        var labels = $"to=\"{server.EndPoint}\",proto=\"tcp\"";
        Assert.Equal(1, cache.Metric($"coredns_proxy_conn_cache_misses_total{{proxy_name=\"forward\",{labels}}}"));
        Assert.Equal(3, cache.Metric($"coredns_forward_conn_cache_hits_total{{{labels}}}"));
    }

    [Fact]
    public void Concurrent_queries_get_connections_of_their_own_first()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(ForceTcp, server.EndPoint);
        var (slow, fast) = (cache.Ask("slow"), cache.Ask("fast"));
        using var first = server.Accept();
        using var second = server.Accept();
        cache.Until(() => first.HasData && second.HasData, "both queries");
        var (one, two) = (first.Receive(), second.Receive());
        Assert.NotEqual(ForwarderHarness.NameOf(one), ForwarderHarness.NameOf(two));
        second.Send(ScriptedUpstream.Reply(two));
        cache.Until(() => fast.IsDone || slow.IsDone, "the answer of the one that does not wait");
        Assert.False(fast.IsDone && slow.IsDone);
    }

    [Fact]
    public void Under_pressure_queries_are_pipelined_in_one_segment_and_answered_out_of_order()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(OneConnection, server.EndPoint);
        using var connection = Exchange(cache, server, null);
        var outcomes = new ForwarderHarness.Outcome[5];
        for (var i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = new ForwarderHarness.Outcome();
            cache.Forwarder.Forward(ForwarderHarness.Query($"n{i}"), false, outcomes[i]);
        }
        cache.Turn();
        var queries = outcomes.Select(_ => connection.Receive()).ToArray();
        Assert.Equal(["n0", "n1", "n2", "n3", "n4"], queries.Select(ForwarderHarness.NameOf));
        Assert.Equal(5, queries.Select(query => query[0] << 8 | query[1]).Distinct().Count());
        foreach (var query in queries.Reverse())
        {
            connection.Send(ScriptedUpstream.Reply(query));
        }
        foreach (var (outcome, i) in outcomes.Select((outcome, i) => (outcome, i)))
        {
            Assert.Equal($"n{i}", ForwarderHarness.NameOf(cache.Finish(outcome).Answer!));
        }
    }

    [Fact]
    public void Messages_are_put_together_from_any_segments()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(OneConnection, server.EndPoint);
        var outcomes = Enumerable.Range(0, 3).Select(i => cache.Ask($"n{i}")).ToArray();
        using var connection = server.Accept();
        cache.Turn();
        byte[] stream = [.. outcomes.SelectMany(_ =>
            ScriptedConnection.Frame([.. ScriptedUpstream.Reply(connection.Receive()), .. new byte[30_000]]))];
        for (var at = 0; at < stream.Length; at += 7001)
        {
            connection.SendRaw(stream[at..Math.Min(stream.Length, at + 7001)]);
            cache.Turn();
        }
        Assert.All(outcomes, outcome => Assert.Equal(30_020, cache.Finish(outcome).Answer!.Length));
    }

    [Fact]
    public void Octets_one_by_one_are_still_a_message()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(ForceTcp, server.EndPoint);
        var outcome = cache.Ask("example.org");
        using var connection = server.Accept();
        cache.Turn();
        foreach (var octet in ScriptedConnection.Frame(ScriptedUpstream.Reply(connection.Receive())))
        {
            Assert.False(outcome.IsDone);
            connection.SendRaw([octet]);
            cache.Turn();
        }
        Assert.Equal(0, cache.Finish(outcome).Rcode);
    }

    [Fact]
    public void A_query_waiting_on_an_idle_connection_that_closes_is_sent_again_and_nobody_is_blamed()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(ForceTcp, server.EndPoint);
        var first = Exchange(cache, server, null);
        var outcome = cache.Ask("again");
        first.Receive();
        first.Close();
        cache.Until(() => server.HasConnection, "connecting anew");
        using var second = server.Accept();
        cache.Until(() => second.HasData, "the query again");
        second.Send(ScriptedUpstream.Reply(second.Receive()));
        Assert.Equal(0, cache.Finish(outcome).Rcode);
        Assert.False(server.HasDatagram);
        Assert.False(server.HasConnection);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_unanswered_query_of_a_closed_connection_is_sent_again(bool reset)
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(OneConnection, server.EndPoint);
        var first = Exchange(cache, server, null);
        var outcomes = Enumerable.Range(0, 4).Select(i => cache.Ask($"n{i}")).ToArray();
        first.Send(ScriptedUpstream.Reply(first.Receive()));
        cache.Until(() => outcomes.Count(outcome => outcome.IsDone) == 1, "one answer");
        while (first.HasData)
        {
            first.Receive();
        }
        first.Close(reset);
        cache.Until(() => server.HasConnection, "connecting anew");
        using var second = server.Accept();
        for (var i = 0; i < 3; i++)
        {
            cache.Until(() => second.HasData, "a query again");
            second.Send(ScriptedUpstream.Reply(second.Receive()));
        }
        Assert.All(outcomes, outcome => Assert.Equal(0, cache.Finish(outcome).Rcode));
    }

    [Fact]
    public void A_stalled_connection_gets_no_more_queries()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(OneConnection, server.EndPoint);
        using var first = Exchange(cache, server, null);
        var slow = cache.Ask("slow");
        first.Receive();
        cache.Pass(100);
        var fast = cache.Ask("fast");
        cache.Until(() => server.HasConnection, "a second connection");
        using var second = server.Accept();
        cache.Until(() => second.HasData, "the query that would have waited");
        second.Send(ScriptedUpstream.Reply(second.Receive()));
        cache.Finish(fast);
        Assert.False(slow.IsDone);
    }

    [Fact]
    public void Extra_connections_open_one_by_one()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(OneConnection, server.EndPoint);
        using var first = Exchange(cache, server, null);
        cache.Ask("slow");
        cache.Pass(100);
        var pool = cache.Forwarder.Connections(cache.Group.Servers[0]);
        for (var extra = 1; extra <= 3; extra++)
        {
            for (var i = 0; i < 2 * ForwardOptions.PipelineDefault; i++)
            {
                cache.Ask("more");
            }
            Assert.Equal(1 + extra, pool.Count);
            cache.Pass(10);
        }
    }

    [Fact]
    public void A_connection_takes_no_more_than_its_cap()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => OneConnection(options) with { Pipeline = 4 }, server.EndPoint);
        using var first = Exchange(cache, server, null);
        for (var i = 0; i < 5; i++)
        {
            cache.Ask($"n{i}");
        }
        cache.Until(() => server.HasConnection, "a second connection");
        var onFirst = Enumerable.Range(0, 4).Select(_ => ForwarderHarness.NameOf(first.Receive()));
        Assert.Equal(["n0", "n1", "n2", "n3"], onFirst);
        Assert.False(first.HasData);
    }

    [Fact]
    public void Expire_closes_an_idle_connection()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(ForceTcp, server.EndPoint);
        using var connection = Exchange(cache, server, null);
        cache.Pass(9_999);
        Exchange(cache, server, connection);
        cache.Pass(9_999);
        Exchange(cache, server, connection);
        cache.Pass(9_999);
        Assert.Equal(1, cache.Forwarder.Connections(cache.Group.Servers[0]).Count);
        cache.Pass(1);
        Assert.True(connection.IsClosedByClient);
    }

    [Fact]
    public void Max_age_closes_a_busy_connection_once_it_is_answered()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => OneConnection(options) with
            {
                MaxAge = TimeSpan.FromSeconds(20),
                RetryFloor = TimeSpan.FromSeconds(9),
                RetryUnknown = TimeSpan.FromSeconds(9),
                RetryCeiling = TimeSpan.FromSeconds(9),
            },
            server.EndPoint);
        using var first = Exchange(cache, server, null);
        for (var seconds = 0; seconds < 18; seconds += 3)
        {
            cache.Pass(2_900);
            Exchange(cache, server, first);
        }
        var last = cache.Ask("last");
        var query = first.Receive();
        cache.Pass(3_000);
        var next = cache.Ask("next");
        cache.Until(() => server.HasConnection, "a younger connection");
        first.Send(ScriptedUpstream.Reply(query));
        cache.Finish(last);
        Assert.True(first.IsClosedByClient);
        using var second = server.Accept();
        cache.Until(() => second.HasData, "the next query");
        second.Send(ScriptedUpstream.Reply(second.Receive()));
        cache.Finish(next);
    }

    [Fact]
    public void Max_idle_conns_bounds_what_is_kept()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => ForceTcp(options) with { MaxIdleConnections = 1 }, server.EndPoint);
        var outcomes = Enumerable.Range(0, 3).Select(i => cache.Ask($"n{i}")).ToArray();
        var connections = outcomes.Select(_ => server.Accept()).ToArray();
        cache.Until(() => connections.All(connection => connection.HasData), "the queries");
        foreach (var connection in connections)
        {
            connection.Send(ScriptedUpstream.Reply(connection.Receive()));
        }
        Assert.All(outcomes, outcome => cache.Finish(outcome));
        cache.Turn();
        Assert.Equal(1, cache.Forwarder.Connections(cache.Group.Servers[0]).Count);
    }

    [Fact]
    public void A_wrong_question_under_a_known_id_ends_the_connection()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(options => ForceTcp(options) with { MaxFails = 0 }, server.EndPoint);
        var outcome = cache.Ask("example.org");
        using var first = server.Accept();
        cache.Turn();
        var wrong = ScriptedUpstream.Reply(first.Receive());
        wrong[13] = (byte)'x';
        first.Send(wrong);
        cache.Until(() => cache.Metric("nodedns_cache_spoofed_replies_total") == 1, "counting it");
        Assert.True(first.IsClosedByClient);
        cache.Pass(200);
        using var second = server.Accept();
        Answer(cache, second, outcome);
    }

    [Fact]
    public void Large_bursts_survive_full_socket_buffers()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => OneConnection(options) with { Pipeline = 256 }, server.EndPoint);
        using var connection = Exchange(cache, server, null);
        byte[] large = [.. ForwarderHarness.Query("large"), .. new byte[60_000]];
        var outcomes = new ForwarderHarness.Outcome[200];
        for (var i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = new ForwarderHarness.Outcome();
            cache.Forwarder.Forward(large, false, outcomes[i]);
        }
        for (var i = 0; i < outcomes.Length; i++)
        {
            cache.Until(() => connection.HasData, "the next query");
            byte[]? query = null;
            Task.Run(() => query = connection.Receive());
            cache.Until(() => Volatile.Read(ref query) is not null, "all of the query");
            connection.Send(ScriptedUpstream.Reply(query!));
        }
        Assert.All(outcomes, outcome => Assert.Equal(0, cache.Finish(outcome).Rcode));
    }

    private static ScriptedConnection Exchange(
        ForwarderHarness cache, ScriptedUpstream server, ScriptedConnection? connection)
    {
        var outcome = cache.Ask("warm");
        connection ??= server.Accept();
        Answer(cache, connection, outcome);
        return connection;
    }

    private static void Answer(ForwarderHarness cache, ScriptedConnection connection, ForwarderHarness.Outcome outcome)
    {
        cache.Until(() => connection.HasData, "the query");
        connection.Send(ScriptedUpstream.Reply(connection.Receive()));
        cache.Finish(outcome);
        cache.Turn();
    }
}
