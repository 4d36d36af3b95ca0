using System.Collections.Concurrent;
using System.Globalization;
using NodeDns.Linux.Interop;
using NodeDns.Node.Tests.Lab;
using NodeDns.Testing;
using NodeDns.Testing.Messages;

namespace NodeDns.Node.Tests.Soak;

/// <summary>A node that runs for long: reloads, trouble upstream, hangs, kills and upgrades at random, under hits and
/// misses. No lookup is lost or wrong, and what guard and cache hold does not grow.</summary>
/// <remarks><c>make soak MINUTES=60</c>. NODE_TESTS_SOAK_MINUTES is how long, NODE_TESTS_SEED repeats a run.</remarks>
[Collection("node")]
public sealed class SoakTests : IDisposable
{
    private const int SIGHUP = 1;
    private const int SIGCONT = 18;

    /// <summary>What glibc waits for an answer.</summary>
    private const int SilentMs = 5000;

    /// <summary>The least of a cache's budget of memory, so that misses fill it soon.</summary>
    private const string Budget = "4Mi";

    private static readonly string[] s_corefileLines = ["", "loadbalance", "minimal", "any", "log . {\n class error\n }"];

    private readonly NodeLab _lab;
    private readonly Random _random;
    private readonly ProcessSamples _guards = new("guard");
    private readonly ProcessSamples _caches = new("cache");
    private readonly Dictionary<string, int> _done = [];

    /// <summary>What was done last, by the age of the guard.</summary>
    private readonly List<string> _story = [];

    private readonly int _seed = Number("NODE_TESTS_SEED", Environment.TickCount);
    private RunningProgram _guard;
    private RunningProgram _cache;
    private int _pods = 1;
    private int _corefile;

    public SoakTests(ITestOutputHelper output)
    {
        _lab = new NodeLab(output);
        _random = new Random(_seed);
        _guard = _lab.StartGuard(Pod);
        _cache = StartCache();
        NodeLab.WaitForService(_guard);
    }

    private string Pod => $"s{_pods}";

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Nothing_is_lost_and_nothing_grows()
    {
        var minutes = Number("NODE_TESTS_SOAK_MINUTES", 3);
        _lab.Print($"a soak of {minutes} minutes, seed {_seed}");
        LoadClient[] loads =
        [
            _lab.Load(NodeLab.LocalAddress, 500, SilentMs),
            _lab.Load(NodeLab.LocalAddress, 100, SilentMs, names: 1_000_000),
        ];
        var means = new List<double>();
        var deck = new Queue<Action>();
        for (var begun = Environment.TickCount64; Environment.TickCount64 - begun < minutes * 60_000L;)
        {
            if (deck.Count == 0)
            {
                deck = new Queue<Action>(Deck());
            }
            var action = deck.Dequeue();
            _story.Add($"{_guard.AgeMs,7:0} {action.Method.Name}");
            action();
            WaitUntilHeard(loads, action.Method.Name);
            NodeLab.Pass(2);
            _guards.Take(_guard);
            _caches.Take(_cache);
            means.Add(loads[0].TakeMeanMs());
        }
        _lab.Print($"done: {string.Join(", ", _done.OrderBy(d => d.Key).Select(d => $"{d.Key} {d.Value}"))}");
        foreach (var line in _guards.Lines().Concat(_caches.Lines()))
        {
            _lab.Print(line);
        }
        var third = Math.Max(1, means.Count / 3);
        _lab.Print($"mean time of an answer: {means.Take(third).Average():0.00} ms in the first third, {means.TakeLast(third).Average():0.00} in the last");
        foreach (var load in loads)
        {
            _lab.AssertNothingLost(load, load == loads[0] ? "200 names" : "a new name each");
        }
        var connections = loads.Length * LoadClient.SharedConnections;
        Assert.Empty(_guards.Grown(connections).Concat(_caches.Grown(connections)));
    }

    /// <summary>What happens in some minutes, in random order.</summary>
    private Action[] Deck()
    {
        Action[] deck =
        [
            .. Enumerable.Repeat(Reload, 9), .. Enumerable.Repeat(SlowUpstream, 4), .. Enumerable.Repeat(LossyUpstream, 4),
            .. Enumerable.Repeat(TruncatingUpstream, 2), .. Enumerable.Repeat(Hang, 4), .. Enumerable.Repeat(Upgrade, 2),
            KillCache, KillGuard, StopCache, Nothing,
        ];
        _random.Shuffle(deck);
        return deck;
    }

    private void Reload()
    {
        var reloads = _cache.Count("Reloading complete");
        _corefile = (_corefile + 1 + _random.Next(s_corefileLines.Length - 1)) % s_corefileLines.Length;
        _lab.WriteCorefile(NodeLab.Corefile(extra: s_corefileLines[_corefile]));
        _cache.Signal(SIGHUP);
        _lab.WaitUntil(() => _cache.Count("Reloading complete") > reloads, "the Corefile is reloaded", 30);
    }

    private void SlowUpstream() => Upstream((_, answer) => answer.Hold = Task.Delay(300));

    /// <summary>The cache's first datagram for a name is lost. The guard's are not: it relays what the pod sends, and so
    /// leaves it to the pod to ask again.</summary>
    private void LossyUpstream()
    {
        var asked = new ConcurrentDictionary<string, bool>();
        Upstream((question, answer) => answer.IsLost = seen =>
            !seen.OverTcp && seen.Query.Edns is not null && asked.TryAdd($"{question.Name} {question.Type}", true));
    }

    private void TruncatingUpstream() => Upstream((_, answer) => answer.TruncateUdp = true);

    private void Hang()
    {
        _cache.Freeze();
        NodeLab.Pass(0.1 + _random.NextDouble() * 1.5);
        _cache.Signal(SIGCONT);
    }

    private void Upgrade()
    {
        var (guard, cache) = (_guard, _cache);
        _pods++;
        _guard = _lab.StartGuard(Pod);
        _cache = StartCache();
        NodeLab.EndRelieved(guard, cache);
        _guard.WaitFor("the node is set up", 30);
        cache.WaitForExit(30);
    }

    private void KillCache() => RestartCache(Libc.SIGKILL);

    private void StopCache() => RestartCache(Libc.SIGTERM);

    private void RestartCache(int signal)
    {
        var served = _guard.Count("serves");
        _cache.Signal(signal);
        _cache.WaitForExit(30);
        NodeLab.Pass(_random.NextDouble());
        _cache = StartCache();
        _lab.WaitUntil(() => _guard.Count("serves") > served, "the next cache serves", 60);
    }

    private void KillGuard()
    {
        _guard.Signal(Libc.SIGKILL);
        _guard.WaitForExit(30);
        NodeLab.Pass(_random.NextDouble());
        _guard = _lab.StartGuard(Pod);
        _guard.WaitFor("serves", 60);
    }

    private static void Nothing() => NodeLab.Pass(2);

    private void Upstream(Action<DnsQuestion, FakeAnswer> trouble)
    {
        var usual = _lab.Upstream!.Otherwise;
        _lab.Upstream.Otherwise = question =>
        {
            var answer = usual(question);
            trouble(question, answer);
            return answer;
        };
        NodeLab.Pass(1 + _random.NextDouble() * 2);
        _lab.Upstream.Otherwise = usual;
    }

    private RunningProgram StartCache() => _lab.StartServe(Pod, "--memory", Budget);

    private void WaitUntilHeard(LoadClient[] loads, string after)
    {
        _done[after] = _done.GetValueOrDefault(after) + 1;
        var answered = loads.Select(load => load.Answered).ToArray();
        _lab.WaitUntil(() => loads.Zip(answered).All(load => load.First.Lost > 0 || load.First.Answered >= load.Second + 50),
            $"seed {_seed}: lookups are answered after {after}", 30);
        Assert.True(loads.All(load => load.Lost == 0),
            $"seed {_seed}: lost after {after}: {string.Join("; ", loads.Select(load => load.WhenLost))}\n"
            + $"{string.Join('\n', _story.TakeLast(6))}\n{_guard.AgeMs,7:0} now\n{_guard.Output}\n{_cache.Output}");
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
