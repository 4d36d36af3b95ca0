using System.Globalization;
using NodeDns.Node.Tests.Lab;

namespace NodeDns.Node.Tests;

/// <summary>One guard after another, each with other options than the one before, while pods ask at every address that
/// was ever configured: the address that stays loses nothing, and one that goes is answered or refused, never
/// silent.</summary>
/// <remarks>NODE_TESTS_SEED repeats a run, NODE_TESTS_UPGRADES makes it shorter or longer.</remarks>
[Collection("node")]
public sealed class RandomUpgradeTests(ITestOutputHelper output) : IDisposable
{
    private const string ClusterIp = "10.96.0.10";
    private const string OtherAddress = "169.254.25.10";

    /// <summary>Lookups a second, of each transport, at the address that stays, and at each that comes and goes.</summary>
    private const int Often = 1000;

    private const int Seldom = 100;

    /// <summary>Silent is what glibc gives up: it waits for 5 s. No lookup over UDP is repeated meanwhile, so that a lost
    /// datagram is a lost lookup.</summary>
    private const int SilentMs = 5000;

    private readonly NodeLab _lab = new(output);
    private readonly Dictionary<string, LoadClient> _loads = [];
    private readonly List<(Configuration Configuration, RunningProgram Guard, RunningProgram Cache)> _story = [];

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Upgrades_between_random_configurations_lose_nothing_and_leave_nobody_without_an_answer()
    {
        var seed = Number("NODE_TESTS_SEED", Environment.TickCount);
        var upgrades = Number("NODE_TESTS_UPGRADES", 200);
        _lab.Print($"{upgrades} upgrades between random configurations, seed {seed}");
        var random = new Random(seed);
        _lab.StartKubeProxy(ClusterIp);
        var configuration = Configuration.Choose(random);
        var (guard, serve) = Start(0, configuration);
        NodeLab.WaitForService(guard);
        _loads[ClusterIp] = _lab.Load(ClusterIp, Seldom, SilentMs);
        AskAt(configuration.Addresses);
        for (var upgrade = 1; upgrade <= upgrades; upgrade++)
        {
            configuration = Configuration.Choose(random);
            var (nextGuard, nextServe) = Start(upgrade, configuration);
            NodeLab.EndRelieved(guard, serve);
            nextGuard.WaitFor("the node is set up");
            AskAt(configuration.Addresses);
            var lost = WaitUntilHeard();
            Assert.True(lost is null, $"seed {seed}, upgrade {upgrade}: {lost}\n{Story()}");
            (guard, serve) = (nextGuard, nextServe);
        }
        foreach (var (address, load) in _loads)
        {
            foreach (var result in load.Finish())
            {
                _lab.Print($"{upgrades} upgrades between random configurations, seed {seed}, {address}: {result}");
                var isMeantToAnswer = address is NodeLab.LocalAddress or ClusterIp;
                Assert.True((result.Lost, result.Wrong, isMeantToAnswer ? result.Refused : 0) == (0, 0, 0),
                    $"seed {seed}, after the last upgrade: {result} at {address}: {load.WhenLost}\n{Story()}");
            }
        }
    }

    /// <summary>The upgrades of the last seconds: what is told lost was asked so long ago.</summary>
    private string Story() => string.Join('\n', _story.Where(step => step.Guard.AgeMs < 2 * SilentMs)
        .Select(step => $"{step.Guard.AgeMs:0} ms ago: {step.Configuration}\n{step.Guard.Output}\n{step.Cache.Output}"));

    private void AskAt(IEnumerable<string> addresses)
    {
        foreach (var address in addresses.Where(address => !_loads.ContainsKey(address)))
        {
            _loads[address] = _lab.Load(address, address == NodeLab.LocalAddress ? Often : Seldom, SilentMs);
        }
    }

    /// <summary>Waits until some lookups more have been answered at every address.</summary>
    /// <returns>What was lost so far; null: nothing.</returns>
    private string? WaitUntilHeard()
    {
        const int some = 20;
        var begun = _loads.ToDictionary(load => load.Key, load => load.Value.Answered);
        _lab.WaitUntil(
            () => _loads.All(load => load.Value.Lost > 0 || load.Value.Answered >= begun[load.Key] + some), "lookups are answered");
        var lost = _loads.Where(load => load.Value.Lost > 0).Select(load => $"lost at {load.Key}: {load.Value.WhenLost}").ToList();
        return lost.Count == 0 ? null : string.Join(", ", lost);
    }

    private (RunningProgram Guard, RunningProgram Serve) Start(int number, Configuration configuration)
    {
        var pod = $"r{number}";
        _lab.Address = string.Join(',', configuration.Addresses);
        var guard = _lab.StartGuard(pod, configuration.Flags);
        IEnumerable<string> bind = configuration.Intercepts ? [.. configuration.Addresses, ClusterIp] : configuration.Addresses;
        var corefile = _lab.WriteCorefile($"Corefile.{pod}", NodeLab.Corefile(bind: string.Join(' ', bind)));
        var serve = _lab.StartServe(pod, "--conf", corefile, "--workers", $"{configuration.Workers}");
        _story.Add((configuration, guard, serve));
        return (guard, serve);
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    private sealed record Configuration(
        int Workers, IReadOnlyList<string> Addresses, bool Intercepts, string Rules, string ExitMode, string Interface)
    {
        public string[] Flags =>
        [
            "--workers", $"{Workers}", "--rules", Rules, "--exit-mode", ExitMode, "--interface", Interface, "--check-interval", "1s",
            .. Intercepts ? ["--intercept-cluster-dns", ClusterIp] : Array.Empty<string>(),
        ];

        public static Configuration Choose(Random random) => new(
            random.Next(1, 5),
            [
                NodeLab.LocalAddress,
                .. random.Next(2) == 0 ? [OtherAddress] : Array.Empty<string>(),
                .. random.Next(2) == 0 ? [NodeLab.LocalAddress6] : Array.Empty<string>(),
            ],
            random.Next(2) == 0,
            new[] { "auto", "nftables", "iptables", "off" }[random.Next(4)],
            new[] { "auto", "refuse", "flip", "teardown" }[random.Next(4)],
            new[] { "nodelocaldns", "nodelocaldns", "dns0" }[random.Next(3)]);

        public override string ToString() =>
            $"{Workers} workers, {string.Join(' ', Addresses)}, {(Intercepts ? "intercepting" : "not intercepting")}, {string.Join(' ', Flags)}";
    }
}
