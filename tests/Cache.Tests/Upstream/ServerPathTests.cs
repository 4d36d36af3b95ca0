using NodeDns.Cache.Upstream;
using NodeDns.Testing;
using Xunit;

namespace NodeDns.Cache.Tests.Upstream;

/// <summary>Ways to a server on which something does not come through: found out in one question, remembered, tried
/// again.</summary>
public sealed class ServerPathTests
{
    private const long TenMinutesMs = 600_000;

    [Fact]
    public void A_server_that_drops_opt_records_answers_the_first_question_within_a_second_and_the_next_at_once()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var first = cache.Ask("first", edns: true);
        FindOut(cache, server);
        cache.Pass(200);
        AnswerPlain(server);
        Assert.Equal(0, cache.Finish(first).Rcode);
        var next = cache.Ask("next", edns: true);
        AnswerPlain(server);
        Assert.Equal(0, cache.Finish(next).Rcode);
    }

    [Fact]
    public void Such_a_server_is_tried_with_an_opt_record_every_ten_minutes_and_no_question_waits_for_that()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        cache.Ask("first", edns: true);
        FindOut(cache, server);
        cache.Pass(200);
        AnswerPlain(server);
        for (var round = 0; round < 2; round++)
        {
            cache.Pass(TenMinutesMs - 200);
            cache.Ask("meanwhile", edns: true);
            Assert.All(
                Datagrams(server).Where(at => Name(at) == "meanwhile"), at => Assert.False(HasOpt(at.Query)));
            cache.Pass(200);
            AnswerRound(cache, server);
            cache.Pass(200);
        }
        cache.Pass(TenMinutesMs);
        var again = Datagrams(server).Last(at => HasOpt(at.Query));
        server.Send(again.From, ScriptedUpstream.Reply(again.Query));
        cache.Until(() => cache.LogLines.Any(line => line.Contains("with EDNS again")), "an answer with OPT");
        cache.Ask("after", edns: true);
        Assert.Contains(Datagrams(server), at => Name(at) == "after" && HasOpt(at.Query));
    }

    [Fact]
    public void Finding_out_asks_once_without_opt_and_twice_with_it_and_trying_again_does_the_same()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(options => options with { MaxConnectAttempts = 1 }, server.EndPoint);
        cache.Ask("first", edns: true);
        cache.Pass(400);
        AnswerPlain(server);
        cache.Turn();
        for (var round = 0; round < 2; round++)
        {
            var asked = new List<byte[]>();
            for (var ms = 0; ms < 2_000; ms += 100)
            {
                foreach (var at in Datagrams(server).Where(at => Name(at) == "first"))
                {
                    asked.Add(at.Query);
                    if (!HasOpt(at.Query))
                    {
                        server.Send(at.From, ScriptedUpstream.Reply(at.Query));
                    }
                }
                cache.Pass(100);
            }
            // In the first round the client's question itself follows, without OPT.
            Assert.Equal(2 - round, asked.Count(query => !HasOpt(query)));
            Assert.Equal(2, asked.Count(HasOpt));
            cache.Pass(TenMinutesMs - 1_900);
        }
    }

    [Fact]
    public void One_lost_datagram_does_not_switch_edns_off()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var first = cache.Ask("first", edns: true);
        server.Receive();
        cache.Pass(400);
        Datagrams(server).ForEach(at => server.Send(at.From, ScriptedUpstream.Reply(at.Query)));
        cache.Finish(first);
        cache.Pass(200);
        cache.Pass(200);
        cache.Ask("next", edns: true);
        Assert.Contains(Datagrams(server), at => Name(at) == "next" && HasOpt(at.Query));
    }

    [Fact]
    public void Two_lost_datagrams_do_not_switch_it_off_either()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        cache.Ask("first", edns: true);
        server.Receive();
        cache.Pass(400);
        AnswerPlain(server);
        cache.Turn();
        Datagrams(server).ForEach(at => server.Send(at.From, ScriptedUpstream.Reply(at.Query)));
        cache.Turn();
        cache.Pass(100);
        cache.Pass(200);
        Assert.DoesNotContain(Datagrams(server), at => Name(at) == "first");
        cache.Ask("next", edns: true);
        Assert.Contains(Datagrams(server), at => Name(at) == "next" && HasOpt(at.Query));
    }

    [Fact]
    public void A_name_that_gets_no_answer_either_way_says_nothing_about_edns()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        cache.Ask("silent", edns: true);
        for (var ms = 0; ms < 5000; ms += 100)
        {
            cache.Pass(100);
            foreach (var at in Datagrams(server).Where(at => Name(at) != "silent"))
            {
                server.Send(at.From, ScriptedUpstream.Reply(at.Query));
            }
        }
        cache.Ask("next", edns: true);
        Assert.Contains(Datagrams(server), at => Name(at) == "next" && HasOpt(at.Query));
    }

    [Fact]
    public void Of_several_servers_each_that_drops_opt_records_is_found_out_whoever_answers_the_question()
    {
        using var server = new ScriptedUpstream();
        using var other = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint, other.EndPoint);
        var first = cache.Ask("first", edns: true);
        server.Receive();
        cache.Pass(400);
        var (query, from) = other.Receive();
        other.Send(from, ScriptedUpstream.Reply(query));
        cache.Finish(first);
        AnswerPlain(server);
        cache.Turn();
        AnswerRound(cache, server);
        cache.Pass(200);
        cache.Ask("next", edns: true);
        Assert.All(Datagrams(server).Where(at => Name(at) == "next"), at => Assert.False(HasOpt(at.Query)));
        Assert.False(other.HasDatagram);
    }

    [Fact]
    public void Where_opt_records_used_to_be_answered_the_same_is_found_out_a_little_later()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var before = cache.Ask("before", edns: true);
        FailoverTests.Reply(server);
        cache.Finish(before);
        cache.Pass(1);
        var first = cache.Ask("first", edns: true);
        cache.Pass(200);
        cache.Pass(400);
        AnswerPlain(server);
        cache.Turn();
        cache.Pass(100);
        cache.Pass(100);
        cache.Pass(1);
        AnswerPlain(server);
        Assert.Equal(0, cache.Finish(first).Rcode);
    }

    [Fact]
    public void A_tcp_port_that_swallows_syns_costs_one_short_wait_a_minute()
    {
        using var server = new ScriptedUpstream();
        server.SwallowSyns();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        for (var minute = 0; minute < 2; minute++)
        {
            var first = cache.Ask("first");
            Truncate(server);
            cache.Until(() => cache.Metric(Opened(server)) > minute, "connecting");
            cache.Pass(199);
            Assert.False(first.IsDone);
            cache.Pass(1);
            Assert.True(first.IsTruncated);
            var next = cache.Ask("next");
            Truncate(server);
            Assert.True(cache.Finish(next).IsTruncated);
            cache.Pass(2_000);
            cache.Pass(60_000);
            Datagrams(server);
        }
    }

    [Fact]
    public void A_tcp_port_that_accepts_and_says_nothing_is_remembered_too()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var first = cache.Ask("first");
        Truncate(server);
        cache.Until(() => server.HasConnection, "connecting");
        using var connection = server.Accept();
        cache.Until(() => connection.HasData, "the query over TCP");
        cache.Pass(200);
        Assert.False(first.IsDone);
        cache.Pass(800);
        Assert.True(first.IsTruncated);
        var next = cache.Ask("next");
        Truncate(server);
        Assert.True(cache.Finish(next).IsTruncated);
    }

    [Fact]
    public void A_question_over_tcp_is_asked_over_udp_where_the_tcp_port_swallows_syns()
    {
        using var server = new ScriptedUpstream();
        server.SwallowSyns();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var first = cache.Ask("first", tcp: true);
        cache.Pass(400);
        Answer(server, "first");
        Assert.Equal(0, cache.Finish(first).Rcode);
        var next = cache.Ask("next", tcp: true);
        Answer(server, "next");
        Assert.Equal(0, cache.Finish(next).Rcode);
    }

    [Fact]
    public void A_server_whose_replies_come_from_another_address_is_asked_over_tcp_and_after_ten_minutes_both_ways()
    {
        using var server = new ScriptedUpstream();
        using var elsewhere = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var first = cache.Ask("first");
        AnswerFrom(elsewhere, server);
        cache.Pass(400);
        AnswerFrom(elsewhere, server);
        Assert.False(first.IsDone);
        cache.Pass(800);
        AnswerOverTcp(cache, server, first);
        AnswerOverTcp(cache, server, cache.Ask("next"));
        Assert.DoesNotContain(Datagrams(server), at => Name(at) == "next");
        cache.Pass(TenMinutesMs);
        var later = cache.Ask("later");
        cache.Until(() => server.HasConnection, "asking over TCP too");
        Answer(server, "later");
        Assert.Equal(0, cache.Finish(later).Rcode);
        cache.Ask("udp");
        Answer(server, "udp");
    }

    [Fact]
    public void Large_datagrams_that_never_arrive_are_not_asked_for_again()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var first = cache.Ask("first", edns: true, size: 4096);
        Assert.Equal(4096, Offer(server.Receive().Query));
        cache.Pass(400);
        var smaller = Datagrams(server).First(at => Name(at) == "first" && Offer(at.Query) == 1232);
        server.Send(smaller.From, ScriptedUpstream.Reply(smaller.Query, truncated: true));
        AnswerOverTcp(cache, server, first, padding: 2000);
        cache.Ask("next", edns: true, size: 4096);
        Assert.Contains(Datagrams(server), at => Name(at) == "next" && Offer(at.Query) == 1232);
        cache.Pass(TenMinutesMs);
        Datagrams(server);
        cache.Ask("later", edns: true, size: 4096);
        Assert.Contains(Datagrams(server), at => Name(at) == "later" && Offer(at.Query) == 4096);
    }

    [Fact]
    public void A_server_that_always_takes_450_ms_is_asked_once_and_again_only_when_that_is_lost()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        for (var i = 0; i < 30; i++)
        {
            cache.Group.Servers[0].Rtt.Add(450_000);
        }
        cache.Ask("lost");
        server.Receive();
        cache.Pass(549);
        Assert.False(server.HasDatagram);
        cache.Pass(2);
        Assert.Contains(Datagrams(server), at => Name(at) == "lost");
    }

    [Fact]
    public void One_answer_tells_that_a_server_is_slow()
    {
        var rtt = new RttEstimate();
        rtt.Add(450_000);
        Assert.InRange(rtt.RetryAfterMs(200, 400, 2000), 550, 2000);
    }

    private static string Name((byte[] Query, System.Net.EndPoint From) at) =>
        at.Query[12] == 0 ? "." : ForwarderHarness.NameOf(at.Query);

    private static bool HasOpt(byte[] query) => query[11] == 1;

    private static int Offer(byte[] query) => HasOpt(query) ? query[^8] << 8 | query[^7] : 512;

    private static string Opened(ScriptedUpstream server) =>
        $"coredns_proxy_conn_cache_misses_total{{proxy_name=\"forward\",to=\"{server.EndPoint}\",proto=\"tcp\"}}";

    private static List<(byte[] Query, System.Net.EndPoint From)> Datagrams(ScriptedUpstream server)
    {
        var all = new List<(byte[], System.Net.EndPoint)>();
        while (server.HasDatagram)
        {
            all.Add(server.Receive());
        }
        return all;
    }

    /// <summary>What the server does behind a middlebox: answers what has no OPT record.</summary>
    private static void AnswerPlain(ScriptedUpstream server)
    {
        foreach (var at in Datagrams(server).Where(at => !HasOpt(at.Query)))
        {
            server.Send(at.From, ScriptedUpstream.Reply(at.Query));
        }
    }

    /// <summary>Silence makes the server suspect; its answer to the health probe makes the silence suspect.</summary>
    private static void FindOut(ForwarderHarness cache, ScriptedUpstream server)
    {
        cache.Pass(400);
        AnswerPlain(server);
        cache.Turn();
        AnswerRound(cache, server);
    }

    /// <summary>The question is asked with OPT and without, and answered without.</summary>
    private static void AnswerRound(ForwarderHarness cache, ScriptedUpstream server)
    {
        var asked = Datagrams(server);
        Assert.Contains(asked, at => Name(at) == "first" && HasOpt(at.Query));
        Assert.Contains(asked, at => Name(at) == "first" && !HasOpt(at.Query));
        foreach (var at in asked.Where(at => !HasOpt(at.Query)))
        {
            server.Send(at.From, ScriptedUpstream.Reply(at.Query));
        }
        cache.Turn();
        cache.Pass(100);
    }

    private static void Answer(ScriptedUpstream server, string name)
    {
        var at = Datagrams(server).First(at => Name(at) == name);
        server.Send(at.From, ScriptedUpstream.Reply(at.Query));
    }

    private static void Truncate(ScriptedUpstream server)
    {
        var (query, from) = server.Receive();
        server.Send(from, ScriptedUpstream.Reply(query, truncated: true));
    }

    private static void AnswerFrom(ScriptedUpstream elsewhere, ScriptedUpstream server)
    {
        foreach (var at in Datagrams(server))
        {
            elsewhere.Send(at.From, ScriptedUpstream.Reply(at.Query));
        }
    }

    /// <summary>Of the connections that come, each is answered.</summary>
    private static void AnswerOverTcp(
        ForwarderHarness cache, ScriptedUpstream server, ForwarderHarness.Outcome outcome, int padding = 0)
    {
        var open = new List<ScriptedConnection>();
        cache.Until(
            () =>
            {
                while (server.HasConnection)
                {
                    open.Add(server.Accept());
                }
                foreach (var connection in open.Where(connection => connection.HasData))
                {
                    connection.Send([.. ScriptedUpstream.Reply(connection.Receive()), .. new byte[padding]]);
                }
                return outcome.IsDone;
            },
            "the answer over TCP");
        Assert.Equal(0, outcome.Rcode);
        open.ForEach(connection => connection.Dispose());
    }
}
