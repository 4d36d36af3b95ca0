using System.Globalization;
using NodeDns.Linux.Interop;
using NodeDns.Node.Tests.Lab;

namespace NodeDns.Node.Tests;

/// <summary>One guard after another, each with other options than the one before: the address that stays loses nothing,
/// and one that goes is answered or refused, never silent.</summary>
/// <remarks>NODE_TESTS_UPGRADES=200 is the long form; NODE_TESTS_SEED repeats a run.</remarks>
[Collection("node")]
public sealed class RandomUpgradeTests(ITestOutputHelper output) : IDisposable
{
    private const string ClusterIp = "10.96.0.10";
    private const string OtherAddress = "169.254.25.10";

    private readonly NodeLab _lab = new(output);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Upgrades_between_random_configurations_lose_nothing_and_leave_nobody_without_an_answer()
    {
        var seed = Number("NODE_TESTS_SEED", Environment.TickCount);
        var random = new Random(seed);
        _lab.StartKubeProxy(ClusterIp);
        var upgrades = Number("NODE_TESTS_UPGRADES", 8);
        var configuration = Configuration.Choose(random);
        var (guard, serve) = Start(0, configuration);
        NodeLab.WaitForService(guard);
        var asked = new HashSet<string>(configuration.Addresses) { ClusterIp };
        var load = _lab.Load();
        for (var upgrade = 1; upgrade <= upgrades; upgrade++)
        {
            var before = configuration;
            configuration = Configuration.Choose(random);
            var (nextGuard, nextServe) = Start(upgrade, configuration);
            guard.WaitFor("relieved by the next guard");
            serve.Signal(Libc.SIGTERM);
            guard.Signal(Libc.SIGTERM);
            guard.WaitForExit();
            (guard, serve) = (nextGuard, nextServe);
            guard.WaitFor("the node is set up");
            asked.UnionWith(configuration.Addresses);
            foreach (var address in asked)
            {
                var answer = _lab.Dig("asked.example.", address);
                var isHeard = answer.Contains("10.1.2.3", StringComparison.Ordinal)
                    || (!configuration.Addresses.Contains(address) && answer.Contains("REFUSED", StringComparison.Ordinal));
                Assert.True(isHeard, $"seed {seed}, upgrade {upgrade}: nobody answers at {address}\n{answer}\n"
                    + $"before {before}\nnow {configuration}\n{_lab.Logs()}");
            }
        }
        _lab.AssertNothingLost(load, $"{upgrades} upgrades between random configurations, seed {seed}");
    }

    private (RunningProgram Guard, RunningProgram Serve) Start(int number, Configuration configuration)
    {
        var pod = $"r{number}";
        _lab.Address = string.Join(',', configuration.Addresses);
        var guard = _lab.StartGuard(pod, configuration.Flags);
        IEnumerable<string> bind = configuration.Intercepts ? [.. configuration.Addresses, ClusterIp] : configuration.Addresses;
        var corefile = _lab.WriteCorefile($"Corefile.{pod}", NodeLab.Corefile(bind: string.Join(' ', bind)));
        return (guard, _lab.StartServe(pod, "--conf", corefile, "--workers", $"{configuration.Workers}"));
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    private sealed record Configuration(
        int Workers, IReadOnlyList<string> Addresses, bool Intercepts, string Rules, string ExitMode)
    {
        public string[] Flags =>
        [
            "--workers", $"{Workers}", "--rules", Rules, "--exit-mode", ExitMode, "--check-interval", "1s",
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
            new[] { "auto", "refuse", "flip", "teardown" }[random.Next(4)]);

        public override string ToString() =>
            $"{Workers} workers, {string.Join(' ', Addresses)}, {(Intercepts ? "intercepting" : "not intercepting")}, {string.Join(' ', Flags)}";
    }
}
