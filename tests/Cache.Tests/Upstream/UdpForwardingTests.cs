using System.Net;
using NodeDns.Cache.Upstream;
using NodeDns.Testing;
using Xunit;

namespace NodeDns.Cache.Tests.Upstream;

public sealed class UdpForwardingTests
{
    [Fact]
    public void A_query_goes_out_under_an_id_of_its_own_and_its_answer_comes_back()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcome = cache.Ask("example.org");
        var (query, from) = server.Receive();
        Assert.Equal(ForwarderHarness.Query("example.org")[2..], query[2..]);
        server.Send(from, ScriptedUpstream.Reply(query));
        Assert.Equal(ScriptedUpstream.Reply(query), cache.Finish(outcome).Answer);
        Assert.Equal(0, cache.Forwarder.Active);
    }

    [Fact]
    public void Rfc5452_ids_and_source_ports_differ_from_query_to_query()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var (ids, ports) = (new HashSet<int>(), new HashSet<int>());
        for (var i = 0; i < 300; i++)
        {
            var outcome = cache.Ask("example.org");
            var (query, from) = server.Receive();
            ids.Add(query[0] << 8 | query[1]);
            ports.Add(((IPEndPoint)from).Port);
            server.Send(from, ScriptedUpstream.Reply(query));
            cache.Finish(outcome);
        }
        // 300 draws of 65,536 ids and some 28,000 ports repeat about 0.7 and 1.6 times.
        Assert.InRange(ids.Count, 285, 300);
        Assert.InRange(ports.Count, 280, 300);
    }

    [Fact]
    public void A_port_from_which_a_server_cannot_be_reached_is_used_for_the_next_one()
    {
        // The kernel lets only those send to this address who ask for it (socket(7), SO_BROADCAST).
        var unreachable = new IPEndPoint(IPAddress.Broadcast, 53);
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, unreachable, server.EndPoint);
        var outcome = cache.Ask("example.org");
        FailoverTests.Reply(server);
        cache.Finish(outcome);
        var labels = $"to=\"{server.EndPoint}\",proto=\"udp\"";
        Assert.Equal(1, cache.Metric($"coredns_forward_conn_cache_hits_total{{{labels}}}"));
        Assert.Equal(0, cache.Metric($"coredns_forward_conn_cache_misses_total{{{labels}}}"));
    }

    [Fact]
    public void Queries_of_one_turn_share_a_port_and_have_different_ids()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcomes = AskAtOnce(cache, UdpPort.Capacity + 3);
        var queries = outcomes.Select(_ => server.Receive()).ToList();
        var ports = queries.GroupBy(query => ((IPEndPoint)query.From).Port).ToList();
        Assert.Equal([3, UdpPort.Capacity], ports.Select(port => port.Count()).Order());
        Assert.All(ports, port => Assert.Distinct(port.Select(query => query.Query[0] << 8 | query.Query[1])));
        queries.Reverse();
        foreach (var (query, from) in queries)
        {
            server.Send(from, ScriptedUpstream.Reply(query));
        }
        for (var i = 0; i < outcomes.Count; i++)
        {
            Assert.Equal($"n{i}", ForwarderHarness.NameOf(cache.Finish(outcomes[i]).Answer!));
        }
        Assert.NotEqual(ports[0].Key, NextPort(cache, server));
    }

    [Fact]
    public void A_copy_of_an_answer_and_an_answer_that_comes_too_late_are_no_mismatches()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcomes = AskAtOnce(cache, 2);
        var (first, second) = (server.Receive(), server.Receive());
        for (var copy = 0; copy < 2 * ForwardOptions.MismatchesDefault; copy++)
        {
            server.Send(first.From, ScriptedUpstream.Reply(first.Query));
        }
        cache.Finish(outcomes[0]);
        server.Send(second.From, ScriptedUpstream.Reply(second.Query, rcode: 3));
        Assert.Equal(3, cache.Finish(outcomes[1]).Rcode);
        Assert.Equal(0, cache.Metric("nodedns_cache_spoofed_replies_total"));
        Assert.False(server.HasConnection);
    }

    [Fact]
    public void Three_mismatches_at_a_port_move_everything_that_waits_there_to_tcp()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(options => options with { Connections = 1 }, server.EndPoint);
        var outcomes = AskAtOnce(cache, 2);
        var (first, second) = (server.Receive(), server.Receive());
        byte[] forged = [.. ScriptedUpstream.Reply(first.Query)];
        do
        {
            forged[1]++;
        }
        while (forged.AsSpan(0, 2).SequenceEqual(second.Query.AsSpan(0, 2)));
        for (var i = 0; i < ForwardOptions.MismatchesDefault; i++)
        {
            server.Send(first.From, forged);
        }
        cache.Until(() => server.HasConnection, "connecting");
        using var connection = server.Accept();
        foreach (var _ in outcomes)
        {
            cache.Until(() => connection.HasData, "the queries over TCP");
            connection.Send(ScriptedUpstream.Reply(connection.Receive(), rcode: 3));
        }
        Assert.All(outcomes, outcome => Assert.Equal(3, cache.Finish(outcome).Rcode));
    }

    [Fact]
    public void A_port_that_the_server_refuses_fails_everything_that_waits_there_at_once()
    {
        using var refusing = new ScriptedUpstream();
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, refusing.EndPoint, server.EndPoint);
        refusing.CloseUdp();
        var outcomes = AskAtOnce(cache, 3);
        cache.Until(() => server.HasDatagram, "asking the next server");
        foreach (var _ in outcomes)
        {
            cache.Turn();
            FailoverTests.Reply(server);
        }
        Assert.All(outcomes, outcome => Assert.Equal(0, cache.Finish(outcome).Rcode));
    }

    [Fact]
    public void Rfc5452_wrong_id_question_opcode_and_qr_are_dropped_and_counted_and_the_answer_still_awaited()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(options => options with { Mismatches = 100 }, server.EndPoint);
        var outcome = cache.Ask("example.org");
        var (query, from) = server.Receive();
        var good = ScriptedUpstream.Reply(query);
        byte[] wrongId = [.. good], notReply = [.. good], wrongOpcode = [.. good], wrongName = [.. good];
        wrongId[1] ^= 1;
        notReply[2] &= 0x7F;
        wrongOpcode[2] |= 0x28;
        wrongName[13] = (byte)'x';
        byte[] wrongType = [.. good], wrongClass = [.. good];
        wrongType[^3] ^= 1;
        wrongClass[^1] ^= 2;
        byte[][] forged = [wrongId, notReply, wrongOpcode, wrongName, wrongType, wrongClass, good[..11], good[..20]];
        foreach (var reply in forged)
        {
            server.Send(from, reply);
        }
        cache.Until(
            () => cache.Metric("nodedns_cache_spoofed_replies_total") == forged.Length, "counting all of them");
        Assert.False(outcome.IsDone);
        server.Send(from, good);
        Assert.Equal(good, cache.Finish(outcome).Answer);
    }

    [Fact]
    public void The_questions_name_is_compared_without_regard_to_case()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcome = cache.Ask("eXamPle.org");
        var (query, from) = server.Receive();
        var reply = ScriptedUpstream.Reply(query);
        reply[14] ^= 0x20;
        server.Send(from, reply);
        Assert.Equal(reply, cache.Finish(outcome).Answer);
    }

    [Fact]
    public void Replies_from_another_address_or_port_never_arrive()
    {
        using var server = new ScriptedUpstream();
        using var stranger = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcome = cache.Ask("example.org");
        var (query, from) = server.Receive();
        stranger.Send(from, ScriptedUpstream.Reply(query));
        server.Send(from, ScriptedUpstream.Reply(query, rcode: 3));
        Assert.Equal(3, cache.Finish(outcome).Rcode);
    }

    [Fact]
    public void After_three_mismatches_the_query_moves_to_tcp()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcome = cache.Ask("example.org");
        var (query, from) = server.Receive();
        for (var guess = 1; guess <= ForwardOptions.MismatchesDefault; guess++)
        {
            var forged = ScriptedUpstream.Reply(query);
            forged[1] += (byte)guess;
            server.Send(from, forged);
        }
        cache.Until(() => server.HasConnection, "connecting");
        using var connection = server.Accept();
        cache.Until(() => connection.HasData, "the query over TCP");
        connection.Send(ScriptedUpstream.Reply(connection.Receive(), rcode: 3));
        Assert.Equal(3, cache.Finish(outcome).Rcode);
    }

    [Fact]
    public void A_truncated_reply_is_asked_again_over_tcp()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcome = cache.Ask("example.org");
        var (query, from) = server.Receive();
        server.Send(from, ScriptedUpstream.Reply(query, truncated: true));
        cache.Until(() => server.HasConnection, "connecting");
        using var connection = server.Accept();
        cache.Until(() => connection.HasData, "the query over TCP");
        var again = connection.Receive();
        Assert.Equal(query[2..], again[2..]);
        connection.Send(ScriptedUpstream.Reply(again));
        Assert.False(cache.Finish(outcome).IsTruncated);
    }

    [Fact]
    public void A_truncated_reply_is_better_than_none_where_tcp_is_refused()
    {
        using var server = new ScriptedUpstream(tcp: false);
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcome = cache.Ask("example.org");
        var (query, from) = server.Receive();
        server.Send(from, ScriptedUpstream.Reply(query, truncated: true));
        Assert.True(cache.Finish(outcome).IsTruncated);
    }

    [Fact]
    public void A_datagram_larger_than_any_offered_size_is_taken_whole()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcome = cache.Ask("example.org");
        var (query, from) = server.Receive();
        byte[] large = [.. ScriptedUpstream.Reply(query), .. new byte[40_000]];
        server.Send(from, large);
        Assert.Equal(large.Length, cache.Finish(outcome).Answer!.Length);
    }

    [Fact]
    public void Ipv6_servers_are_asked_too()
    {
        using var server = new ScriptedUpstream(address: IPAddress.IPv6Loopback);
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcome = cache.Ask("example.org");
        var (query, from) = server.Receive();
        server.Send(from, ScriptedUpstream.Reply(query));
        Assert.Equal(0, cache.Finish(outcome).Rcode);
    }

    [Fact]
    public void Queries_leave_from_the_source_address_and_still_from_fresh_ports()
    {
        using var server = new ScriptedUpstream();
        var source = IPAddress.Parse("127.0.0.77");
        using var cache = new ForwarderHarness(options => options with { SourceAddress = source }, server.EndPoint);
        var ports = new HashSet<int>();
        for (var i = 0; i < 20; i++)
        {
            var outcome = cache.Ask("example.org");
            var (query, from) = server.Receive();
            Assert.Equal(source, ((IPEndPoint)from).Address);
            ports.Add(((IPEndPoint)from).Port);
            server.Send(from, ScriptedUpstream.Reply(query));
            cache.Finish(outcome);
        }
        Assert.InRange(ports.Count, 15, 20);
    }

    [Fact]
    public void A_reply_without_question_section_is_completed_with_ours()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var outcome = cache.Ask("example.org");
        var (query, from) = server.Receive();
        server.Send(from, [query[0], query[1], 0x81, 0x84, 0, 0, 0, 0, 0, 0, 0, 0]);
        Assert.Equal(4, cache.Finish(outcome).Rcode);
        Assert.Equal(query[12..], outcome.Answer![12..]);
        Assert.Equal(1, outcome.Answer[5]);
    }

    /// <summary>Asks so many names in one turn: n0.example, n1.example and so on.</summary>
    private static List<ForwarderHarness.Outcome> AskAtOnce(ForwarderHarness cache, int count)
    {
        var outcomes = Enumerable.Range(0, count).Select(_ => new ForwarderHarness.Outcome()).ToList();
        for (var i = 0; i < count; i++)
        {
            cache.Forwarder.Forward(ForwarderHarness.Query($"n{i}.example"), clientUsedTcp: false, outcomes[i]);
        }
        cache.Turn();
        return outcomes;
    }

    private static int NextPort(ForwarderHarness cache, ScriptedUpstream server)
    {
        var outcome = cache.Ask("example.org");
        var (query, from) = server.Receive();
        server.Send(from, ScriptedUpstream.Reply(query));
        cache.Finish(outcome);
        return ((IPEndPoint)from).Port;
    }
}
