using NodeDns.Cache.Upstream;
using NodeDns.Testing;
using Xunit;

namespace NodeDns.Cache.Tests.Upstream;

public sealed class HealthTests
{
    [Fact]
    public void Nothing_is_probed_while_queries_are_answered()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        for (var i = 0; i < 5; i++)
        {
            var outcome = cache.Ask("example.org");
            FailoverTests.Reply(server);
            cache.Finish(outcome);
            cache.Pass(1_000);
        }
        Assert.False(server.HasDatagram);
    }

    [Fact]
    public void A_failure_starts_probing_for_root_ns_and_any_reply_ends_it()
    {
        using var server = new ScriptedUpstream();
        using var other = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint, other.EndPoint);
        var outcome = cache.Ask("example.org");
        server.Receive();
        cache.Pass(400);
        FailoverTests.Reply(other);
        cache.Finish(outcome);
        var (probe, from) = server.Receive();
        Assert.Equal(ForwarderHarness.Query(".", type: 2)[2..], probe[2..]);
        Assert.True(cache.Group.Servers[0].IsSuspect(cache.Loop.NowMs));
        Assert.Equal(0, cache.Group.Servers[0].Rtt.SmoothedMicroseconds);
        server.Send(from, ScriptedUpstream.Reply(probe, rcode: 5));
        cache.Until(() => !cache.Group.Servers[0].IsSuspect(cache.Loop.NowMs), "trusting it again");
        Assert.True(cache.Group.Servers[0].Rtt.SmoothedMicroseconds > 0);
        cache.Pass(5_000);
        Assert.False(server.HasDatagram);
        cache.Ask("next");
        Assert.Equal("next", ForwarderHarness.NameOf(server.Receive().Query));
    }

    [Fact]
    public void A_failure_while_a_probe_is_ending_keeps_it_going()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var state = cache.Group.Servers[0];
        var probe = new HealthProbe(cache.Forwarder, state);
        Assert.True(state.Failed(cache.Loop.NowMs));
        probe.Start();
        cache.Turn();
        server.Receive();
        // The reply has come to the probe's worker; before the probe ends, another worker's query fails.
        state.Answered(cache.Loop.NowMs);
        Assert.False(state.Failed(cache.Loop.NowMs));
        probe.OnAnswer([], default);
        cache.Pass(500);
        var (again, from) = server.Receive();
        server.Send(from, ScriptedUpstream.Reply(again));
        cache.Until(() => !state.IsSuspect(cache.Loop.NowMs), "trusting it again");
        Assert.True(state.Failed(cache.Loop.NowMs));
    }

    [Fact]
    public void A_probe_is_sent_once_and_the_next_one_after_its_second()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(options => options with { MaxConnectAttempts = 1 }, server.EndPoint);
        cache.Ask("lost");
        server.Receive();
        cache.Pass(400);
        Assert.Single(Probes(server));
        for (var ms = 100; ms < 1_000; ms += 100)
        {
            cache.Pass(100);
            Assert.Empty(Probes(server));
        }
        cache.Pass(100);
        Assert.Single(Probes(server));
    }

    [Fact]
    public void A_probe_whose_connection_closes_unanswered_has_failed_and_is_not_sent_again_at_once()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => options with { ForceTcp = true, MaxConnectAttempts = 1 }, server.EndPoint);
        cache.Ask("lost");
        using var first = server.Accept();
        cache.Pass(400);
        using (var probe = server.Accept())
        {
            Assert.Equal(0, probe.Receive()[12]);
        }
        cache.Until(() => cache.Metric($"coredns_forward_healthcheck_failures_total{{to=\"{server.EndPoint}\"}}") > 0, "failing");
        cache.Pass(499);
        Assert.False(server.HasConnection);
        cache.Pass(1);
        Assert.True(server.HasConnection);
    }

    private static List<byte[]> Probes(ScriptedUpstream server)
    {
        var probes = new List<byte[]>();
        while (server.HasDatagram)
        {
            if (server.Receive().Query is var query && query[12] == 0)
            {
                probes.Add(query);
            }
        }
        return probes;
    }

    [Fact]
    public void Health_check_options_shape_the_probe()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => options with
            {
                HealthCheck = new HealthCheckOptions { RecursionDesired = false, Domain = "example.org." },
            },
            server.EndPoint);
        cache.Ask("lost");
        server.Receive();
        cache.Pass(400);
        var probe = NextProbe(server);
        var expected = ForwarderHarness.Query("example.org", type: 2);
        expected[2] = 0;
        Assert.Equal(expected[2..], probe.Query[2..]);
    }

    [Fact]
    public void Probes_use_tcp_under_force_tcp_and_a_connection_of_their_own()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(options => options with { ForceTcp = true }, server.EndPoint);
        cache.Ask("lost");
        using var first = server.Accept();
        cache.Pass(400);
        using var second = server.Accept();
        using var third = server.Accept();
        cache.Turn();
        var names = new[] { second.Receive(), third.Receive() }.Select(query => (int)query[12]);
        Assert.Equal([0, 4], names.Order());
    }

    [Fact]
    public void A_server_is_down_after_more_than_max_fails_probes_and_up_after_one_reply()
    {
        using var server = new ScriptedUpstream();
        using var other = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint, other.EndPoint);
        var state = cache.Group.Servers[0];
        MakeSuspect(cache, server, other);
        for (var probes = 1; probes <= 2; probes++)
        {
            NextProbe(server);
            cache.Pass(1_000);
            Assert.False(state.IsDown);
        }
        NextProbe(server);
        cache.Pass(1_000);
        Assert.True(state.IsDown);
        Assert.False(cache.Group.IsKnownDead);
        Assert.Equal(3, cache.Metric(
            $"coredns_proxy_healthcheck_failures_total{{proxy_name=\"forward\",to=\"{server.EndPoint}\"}}"));
        Assert.Equal(3, cache.Metric($"coredns_forward_healthcheck_failures_total{{to=\"{server.EndPoint}\"}}"));
        var (query, from) = NextProbe(server);
        server.Send(from, ScriptedUpstream.Reply(query));
        cache.Until(() => !state.IsDown, "the server being up");
        Assert.Equal(
            [
                $"[WARNING] plugin/forward: Upstream {server.EndPoint} is down: Timeout",
                $"[INFO] plugin/forward: Upstream {server.EndPoint} is up again",
            ],
            cache.LogLines);
    }

    [Fact]
    public void Probes_of_a_refusing_server_are_half_a_second_apart()
    {
        using var refusing = new ScriptedUpstream(udp: false, tcp: false);
        using var other = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, refusing.EndPoint, other.EndPoint);
        var failures = $"coredns_forward_healthcheck_failures_total{{to=\"{refusing.EndPoint}\"}}";
        cache.Ask("lost");
        cache.Until(() => cache.Metric(failures) == 1, "the first probe");
        cache.Pass(499);
        Assert.Equal(1, cache.Metric(failures));
        cache.Pass(1);
        cache.Until(() => cache.Metric(failures) == 2, "the second probe");
    }

    [Fact]
    public void A_forged_reply_to_a_probe_moves_it_to_tcp_and_never_to_another_server()
    {
        using var server = new ScriptedUpstream();
        using var other = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint, other.EndPoint);
        MakeSuspect(cache, server, other);
        var (probe, from) = NextProbe(server);
        for (var guess = 1; guess <= ForwardOptions.MismatchesDefault; guess++)
        {
            var forged = ScriptedUpstream.Reply(probe);
            forged[1] += (byte)guess;
            server.Send(from, forged);
        }
        cache.Until(() => server.HasConnection, "connecting");
        using var connection = server.Accept();
        cache.Pass(900);
        Assert.False(other.HasDatagram);
        Assert.Equal(0, connection.Receive()[12]);
    }

    [Fact]
    public void One_worker_probes_for_all()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        var second = cache.AnotherWorker();
        var third = cache.AnotherWorker();
        foreach (var worker in new[] { cache.Forwarder, second, third })
        {
            cache.Ask("lost", by: worker);
        }
        cache.Pass(400);
        cache.Pass(700);
        var probes = 0;
        while (server.HasDatagram)
        {
            probes += server.Receive().Query[12] == 0 ? 1 : 0;
        }
        Assert.Equal(1, probes);
    }

    [Fact]
    public void With_every_server_down_a_random_one_is_tried_for_a_short_time()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        TakeDown(cache, server);
        Assert.True(cache.Group.IsKnownDead);
        var outcome = cache.Ask("example.org");
        Assert.Equal(1, cache.Metric("coredns_forward_healthcheck_broken_total"));
        Assert.False(outcome.IsDone);
        cache.Pass(1_500);
        Assert.Equal(UpstreamError.Timeout, outcome.Error);
    }

    [Fact]
    public void Failfast_gives_up_at_once_when_every_server_is_down()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(
            options => options with { FailfastAllUnhealthy = true }, server.EndPoint);
        TakeDown(cache, server);
        Assert.Equal(UpstreamError.NoHealthyUpstream, cache.Ask("example.org").Error);
        Assert.Equal(1, cache.Metric("coredns_forward_healthcheck_broken_total"));
    }

    [Fact]
    public void Max_fails_zero_neither_probes_nor_takes_down()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(options => options with { MaxFails = 0 }, server.EndPoint);
        cache.Ask("lost");
        for (var i = 0; i < 12; i++)
        {
            cache.Pass(400);
        }
        while (server.HasDatagram)
        {
            Assert.Equal("lost", ForwarderHarness.NameOf(server.Receive().Query));
        }
        Assert.False(cache.Group.Servers[0].IsDown);
    }

    [Fact]
    public void A_retired_forwarder_stops_probing_and_lets_another_probe()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        cache.Ask("lost");
        cache.Pass(400);
        NextProbe(server);
        cache.Forwarder.Retire();
        cache.Pass(5_000);
        while (server.HasDatagram)
        {
            Assert.NotEqual(0, server.Receive().Query[12]);
        }
        cache.Ask("lost", by: cache.AnotherWorker());
        cache.Pass(400);
        NextProbe(server);
    }

    [Fact]
    public void Proving_that_gets_no_answer_takes_no_server_down_until_a_query_has_failed_there()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        cache.Forwarder.Prove();
        for (var probes = 0; probes < 5; probes++)
        {
            cache.Pass(1_000);
            NextProbe(server);
        }
        Assert.False(cache.Group.IsKnownDead);
        Assert.Equal(0, cache.Metric($"coredns_forward_healthcheck_failures_total{{to=\"{server.EndPoint}\"}}"));

        cache.Ask("lost");
        cache.Pass(400);
        for (var probes = 0; probes < 4; probes++)
        {
            cache.Pass(1_000);
        }
        Assert.True(cache.Group.IsKnownDead);
    }

    [Fact]
    public void Proving_ends_with_the_first_answer_to_a_query()
    {
        using var server = new ScriptedUpstream();
        using var cache = new ForwarderHarness(null, server.EndPoint);
        cache.Forwarder.Prove();
        cache.Turn();
        NextProbe(server);
        var outcome = cache.Ask("example.org");
        FailoverTests.Reply(server);
        cache.Finish(outcome);
        for (var i = 0; i < 5; i++)
        {
            cache.Pass(1_000);
        }
        Assert.False(server.HasDatagram);
        Assert.False(cache.Group.IsKnownDead);

        cache.Ask("lost");
        cache.Pass(400);
        NextProbe(server);
    }

    private static void MakeSuspect(ForwarderHarness cache, ScriptedUpstream server, ScriptedUpstream other)
    {
        var outcome = cache.Ask("lost");
        server.Receive();
        cache.Pass(400);
        FailoverTests.Reply(other);
        cache.Finish(outcome);
    }

    private static void TakeDown(ForwarderHarness cache, ScriptedUpstream server)
    {
        cache.Ask("lost");
        cache.Pass(400);
        for (var probes = 0; probes < 3; probes++)
        {
            cache.Pass(1_000);
        }
        Assert.True(cache.Group.Servers[0].IsDown);
        cache.Pass(1_000);
        while (server.HasDatagram)
        {
            server.Receive();
        }
    }

    private static (byte[] Query, System.Net.EndPoint From) NextProbe(ScriptedUpstream server)
    {
        while (true)
        {
            var datagram = server.Receive();
            if (datagram.Query[^3] == 2)
            {
                return datagram;
            }
        }
    }
}
