using System.Net;
using NodeDns.Cache.Upstream;
using NodeDns.Dns.Wire;
using NodeDns.Telemetry;
using NodeDns.Testing;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Upstream;

/// <summary>forward's endpoints: the pods behind its server, which on loopback are servers of other addresses at the same
/// port.</summary>
public sealed class EndpointTests : IDisposable
{
    private const string Name = "pods.kube-system.svc.cluster.local.";

    private readonly FakeUpstream _service = new() { Otherwise = _ => FakeAnswer.With("www.example. 60 IN A 192.0.2.1") };
    private readonly List<FakeUpstream> _pods = [];
    private ForwarderHarness? _cache;
    private bool _serviceIsGone;

    [Fact]
    public void Pods_are_asked_themselves_and_the_server_only_for_their_addresses()
    {
        var cache = Follow(Pod(2), Pod(3));
        var asked = 0;
        // The slower of two is asked by chance only, one question in 32.
        while (asked < 1000 && (asked < 40 || _pods.Exists(pod => Asked(pod, "n") == 0)))
        {
            Assert.True(Finish(cache, $"n{asked++}.example").Answer is not null);
        }

        Assert.Equal(0, Asked(_service, "n"));
        Assert.Equal(asked, _pods.Sum(pod => Asked(pod, "n")));
        Assert.All(_pods, pod => Assert.True(Asked(pod, "n") > 0));
    }

    [Theory]
    [InlineData("NXDOMAIN", "", "no such Service")]
    [InlineData("NOERROR", "", "no such Service")]
    [InlineData("NOERROR", "SERVICE", "only addresses of the servers")]
    [InlineData("NOERROR", "127.9.9.9", "of this cache")]
    [InlineData("NOERROR", "0.0.0.0 239.1.1.1", "no pod's")]
    public void A_name_without_pods_leaves_the_server_to_ask_and_is_told_once(string rcode, string addresses, string told)
    {
        var cache = Start(Answer(rcode, addresses.Replace("SERVICE", "127.0.0.1", StringComparison.Ordinal)));
        cache.Until(() => cache.LogLines.Length > 0, "the warning");
        for (var i = 0; i < 5; i++)
        {
            Assert.True(Finish(cache, $"n{i}.example").Answer is not null);
            Pass(cache, 5_000);
        }

        Assert.Equal(5, Asked(_service, "n"));
        Assert.Contains(told, Assert.Single(cache.LogLines), StringComparison.Ordinal);
    }

    [Fact]
    public void The_pods_are_kept_while_nobody_says_who_they_are()
    {
        var cache = Follow(Pod(2));
        _service.On(Name, "A", FakeAnswer.Denial("SERVFAIL"));
        Finish(cache, "warm.example");
        Pass(cache, 20_000);
        _service.On(Name, "A", new FakeAnswer { Silent = true });
        Finish(cache, "warm.example");
        Pass(cache, 20_000);
        Assert.True(_service.CountOf(Name, "A") >= 3);
        Assert.True(Finish(cache, "n.example").Answer is not null);
        Assert.Equal(1, Asked(_pods[0], "n"));
    }

    [Fact]
    public void Pods_that_nobody_needs_are_not_looked_up()
    {
        var cache = Follow(Pod(2));
        Pass(cache, 60_000);
        Assert.Equal(1, _service.CountOf(Name, "A"));
        Finish(cache, "n.example");
        Pass(cache, 6_000);
        Assert.Equal(2, _service.CountOf(Name, "A"));
    }

    [Fact]
    public void Forwards_that_ask_the_same_servers_for_the_same_name_share_one_look_up()
    {
        Tell(Pod(2));
        var cache = Harness();
        Forwarder[] alike = [cache.Forwarder, cache.AnotherForward(options => options),
            cache.AnotherForward(options => options with { Endpoints = options.Endpoints! with { Text = "another port", Port = 9 } })];
        var other = cache.AnotherForward(options => options with { ForceTcp = true });
        EndpointLookup.Follow([.. alike, other, cache.AnotherForward(options => options with { Endpoints = null })]);
        cache.Until(() => alike.Append(other).All(forwarder => forwarder.Group.Endpoints!.Current.Length == 1), "the look-ups");
        Assert.Equal((1, 1), (AskedOver(tcp: false), AskedOver(tcp: true)));

        // One that is asked is enough for all to be renewed.
        Tell(_pods[0], Pod(3));
        cache.Finish(cache.Ask("n.example", by: alike[1]));
        Pass(cache, 6_000);
        cache.Until(() => alike.All(forwarder => forwarder.Group.Endpoints!.Current.Length == 2), "the next look-up");
        Assert.Single(other.Group.Endpoints!.Current);
        Assert.Equal((2, 1), (AskedOver(tcp: false), AskedOver(tcp: true)));

        int AskedOver(bool tcp) => _service.Queries.Count(seen => seen.OverTcp == tcp
            && string.Equals(seen.Query.Question!.Name, Name, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void A_pod_that_left_gets_nothing_new_and_still_answers_what_it_was_asked()
    {
        var held = new TaskCompletionSource();
        var first = Pod(2);
        var slow = FakeAnswer.With("slow.example. 60 IN A 192.0.2.1");
        slow.Hold = held.Task;
        first.On("slow.example.", "A", slow);
        var cache = Follow(first);
        var pending = cache.Ask("slow.example", tcp: true);
        cache.Until(() => Asked(first, "slow") > 0, "the question at the first pod");

        Tell(Pod(3));
        Renew(cache, 1_000);
        for (var i = 0; i < 10; i++)
        {
            Assert.True(Finish(cache, $"n{i}.example", tcp: true).Answer is not null);
        }

        Assert.Equal((0, 10), (Asked(first, "n"), Asked(_pods[1], "n")));
        held.SetResult();
        Assert.True(cache.Finish(pending).Answer is not null);
        cache.Until(() => first.OpenConnections == 0, "the end of the connections to the pod that left");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pod_that_fails_sends_the_question_to_another_at_once(bool closes)
    {
        var bad = Pod(2);
        var cache = Follow(bad, Pod(3));
        if (closes)
        {
            bad.Otherwise = _ => new FakeAnswer { Close = true };
        }
        else
        {
            Stop(bad);
        }

        // The clock stands still: nothing waits for a timer.
        for (var i = 0; i < 20; i++)
        {
            Assert.True(Finish(cache, $"n{i}.example", tcp: true).Answer is not null);
        }

        Assert.Equal(20, Asked(_pods[^1], "n"));
        Assert.True(Asked(bad, "n") <= 1);
    }

    [Fact]
    public void A_pod_that_answers_servfail_is_avoided_and_the_client_gets_the_answer_of_another()
    {
        var bad = Pod(2);
        var cache = Follow(bad, Pod(3));
        bad.Otherwise = _ => FakeAnswer.Denial("SERVFAIL");
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(0, Finish(cache, $"n{i}.example").Rcode);
        }

        Assert.True(Asked(bad, "n") <= 1);
    }

    [Fact]
    public void A_name_that_fails_everywhere_is_asked_of_three()
    {
        var cache = Follow(Pod(2), Pod(3), Pod(4), Pod(5));
        foreach (var pod in _pods)
        {
            pod.Otherwise = _ => FakeAnswer.Denial("SERVFAIL");
        }

        Assert.Equal(2, Finish(cache, "n.example").Rcode);
        Assert.Equal(3, _pods.Sum(pod => Asked(pod, "n")));
    }

    [Fact]
    public void With_every_pod_away_the_server_is_asked_and_with_that_away_too_all_is_known_to_be_dead()
    {
        var cache = Follow(Pod(2), Pod(3));
        foreach (var pod in _pods.ToList())
        {
            Stop(pod);
        }

        for (var i = 0; i < 5; i++)
        {
            Assert.True(Finish(cache, $"n{i}.example", tcp: true).Answer is not null);
        }

        Assert.Equal(5, Asked(_service, "n"));
        Assert.False(cache.Group.IsKnownDead);
        Stop(_service);
        var late = cache.Ask("late.example", tcp: true);
        for (var i = 0; i < 20 && !(late.IsDone && cache.Group.IsKnownDead); i++)
        {
            Pass(cache, 500);
        }

        Assert.NotNull(late.Error);
        Assert.True(cache.Group.IsKnownDead);
    }

    /// <summary>A scale-down leaves the cache with pods that are gone until their TTL is over, and where packets to them are
    /// dropped, each one costs a wait.</summary>
    [Fact]
    public void A_question_that_two_pods_leave_unanswered_goes_to_the_server_though_others_may_be_healthy()
    {
        var cache = Follow([.. Enumerable.Range(2, 9).Select(Pod)]);
        _pods.ForEach(pod => pod.Otherwise = _ => new FakeAnswer { Silent = true });
        var pending = cache.Ask("n.example");
        for (var passed = 0; passed < 1_000 && !pending.IsDone; passed += 100)
        {
            cache.Pass(100);
            for (var turn = 0; turn < 3; turn++)
            {
                cache.Loop.RunTurn(10);
            }
        }

        Assert.Equal((1, 2), (Asked(_service, "n"), _pods.Sum(pod => Asked(pod, "n"))));
        Assert.True(cache.Finish(pending).Answer is not null);
    }

    [Theory]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    [InlineData(false, false, false)]
    public void A_suspect_pod_is_asked_before_a_server_only_if_it_is_new_to_the_query_and_the_server_is_not(
        bool serverWasAsked, bool podWasAsked, bool isPod)
    {
        var cache = Follow(Pod(2));
        var (server, pod) = (cache.Group.Servers[0], StateOf(cache, 2));
        pod.Failed(cache.Loop.NowMs);
        var tried = (serverWasAsked ? 1u << server.Index : 0) | (podWasAsked ? 1u << pod.Index : 0);
        Assert.Equal(isPod ? pod : server, cache.Group.Choose(
            ServerOrder.Sequential, tried, cache.Loop.NowMs, new RandomIds(), cache.Forwarder.Counters));
    }

    [Fact]
    public void After_pods_that_did_not_answer_and_the_server_a_healthy_pod_comes_before_a_suspect_one()
    {
        var cache = Follow(Pod(2), Pod(3));
        foreach (var (suspect, healthy) in new[] { (2, 3), (3, 2) })
        {
            StateOf(cache, suspect).Failed(cache.Loop.NowMs);
            Assert.Equal(StateOf(cache, healthy), cache.Group.Choose(
                ServerOrder.Sequential, 1u << cache.Group.Servers[0].Index, cache.Loop.NowMs, new RandomIds(),
                cache.Forwarder.Counters, afterEndpoints: true));
            StateOf(cache, suspect).Answered(cache.Loop.NowMs);
        }
    }

    [Fact]
    public void The_nearer_pod_is_asked_more_and_the_farther_one_is_not_forgotten()
    {
        var cache = Follow(Pod(2), Pod(3));
        for (var i = 0; i < 50; i++)
        {
            StateOf(cache, 3).Rtt.Add(40_000);
        }

        var random = new RandomIds();
        var far = Enumerable.Range(0, 1000).Count(_ =>
            cache.Group.Choose(ServerOrder.Sequential, 0, cache.Loop.NowMs, random, cache.Forwarder.Counters) == StateOf(cache, 3));
        Assert.InRange(far, 5, 150);
    }

    [Fact]
    public void No_more_than_sixteen_pods_are_known_and_those_that_stay_are_kept()
    {
        var options = new ForwardOptions { Servers = [new UpstreamEndpoint(_service.EndPoint)] };
        var set = new EndpointSet(Options([]), options, new MetricRegistry());
        var addresses = Enumerable.Range(1, 40).Select(i => IPAddress.Parse($"10.0.0.{i}")).ToList();
        set.Replace(addresses);
        var before = set.Current;
        Assert.Equal(EndpointSet.Maximum, before.Length);
        Assert.Equal(before.Length, before.Select(pod => pod.Index).Distinct().Count());
        Assert.All(before, pod => Assert.InRange(pod.Index, 1, set.IndexLimit - 1));

        set.Replace(addresses);
        Assert.Equal(before, set.Current);
        set.Replace([.. before.Take(3).Select(pod => pod.Endpoint.Address.Address)]);
        Assert.Equal(before.Take(3), set.Current);
        Assert.All(before.Skip(3), pod => Assert.True(pod.HasLeft));
    }

    public void Dispose()
    {
        _cache?.Dispose();
        if (!_serviceIsGone)
        {
            _service.Dispose();
        }

        _pods.ForEach(pod => pod.Dispose());
    }

    private void Stop(FakeUpstream server)
    {
        _serviceIsGone |= server == _service;
        _pods.Remove(server);
        server.Dispose();
    }

    private FakeUpstream Pod(int last)
    {
        var pod = new FakeUpstream(new IPEndPoint(IPAddress.Parse($"127.0.0.{last}"), _service.EndPoint.Port))
        {
            Otherwise = question => FakeAnswer.With($"{question.Name} 60 IN A 192.0.2.{last}"),
        };
        _pods.Add(pod);
        return pod;
    }

    private ForwarderHarness Follow(params FakeUpstream[] pods)
    {
        Tell(pods);
        var cache = Start(null);
        cache.Until(() => cache.Group.Endpoints!.Current.Length == pods.Length
            && cache.Group.Endpoints.Current.All(pod => pod.IsProven), "the look-up of the pods");
        return cache;
    }

    private void Tell(params FakeUpstream[] pods) =>
        _service.On(Name, "A", FakeAnswer.With([.. pods.Select(pod => $"{Name} 1 IN A {pod.EndPoint.Address}")]));

    private ForwarderHarness Start(FakeAnswer? answer)
    {
        if (answer is not null)
        {
            _service.On(Name, "A", answer);
        }

        var cache = Harness();
        EndpointLookup.Follow([cache.Forwarder]);
        return cache;
    }

    private ForwarderHarness Harness() => _cache = new ForwarderHarness(options => options with
    {
        Endpoints = Options([IPAddress.Parse("127.9.9.9")]),
        Failover = new RcodeSet(2),
    }, _service.EndPoint);

    private EndpointsOptions Options(IPAddress[] own) =>
        new(DnsName.ParseLower(Name), Name, _service.EndPoint.Port, [.. own]);

    private static FakeAnswer Answer(string rcode, string addresses)
    {
        var answer = FakeAnswer.Denial(rcode);
        answer.Answer.AddRange(addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(address => DnsRecord.Parse($"{Name} 5 IN A {address}")));
        return answer;
    }

    private static ForwarderHarness.Outcome Finish(ForwarderHarness cache, string name, bool tcp = false) =>
        cache.Finish(cache.Ask(name, tcp));

    /// <summary>Lets the next look-up take place.</summary>
    private void Renew(ForwarderHarness cache, int ms)
    {
        cache.Pass(ms);
        cache.Until(() => cache.Group.Endpoints!.Current.All(pod => pod.IsProven
            && _pods[^1].EndPoint.Address.Equals(pod.Endpoint.Address.Address)), "the look-up of the pods");
    }

    private static void Pass(ForwarderHarness cache, int ms)
    {
        for (var passed = 0; passed < ms; passed += 500)
        {
            cache.Pass(500);
            for (var turn = 0; turn < 3; turn++)
            {
                cache.Loop.RunTurn(10);
            }
        }
    }

    private static int Asked(FakeUpstream server, string prefix) => server.Queries.Count(seen =>
        seen.Query.Question!.Name.StartsWith(prefix, StringComparison.Ordinal)
        && seen.Query.Question.Name.EndsWith("example.", StringComparison.Ordinal));

    private static UpstreamState StateOf(ForwarderHarness cache, int last) => cache.Group.Endpoints!.Current
        .Single(pod => pod.Endpoint.Address.Address.GetAddressBytes()[^1] == last);
}
