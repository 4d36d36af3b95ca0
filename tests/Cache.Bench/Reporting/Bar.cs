using NodeDns.Bench.Measuring;
using NodeDns.Bench.Peers;

namespace NodeDns.Bench.Reporting;

/// <summary>One line of the bar: a figure of ours, as a ratio to another's or as itself, and what it must not exceed.</summary>
/// <param name="Value">null when one side was not measured.</param>
internal sealed record Bar(string Figure, string Against, double? Value, double Target, string Format)
{
    public bool? Met => Value is { } value ? value <= Target : null;

    public string Verdict => Met switch { true => "met", false => "not met", null => "not measured" };

    public static IReadOnlyList<Bar> Of(Measurements found, Sizes sizes)
    {
        Bar Ratio(string title, string figure, string against, double target) => new(
            title, against, found.CpuUs(figure, Peer.Ours) / found.CpuUs(figure, against), target, "0.00");
        Bar Latency(string title, Func<Series, double> of, string against, double target) => new(
            title, against, found.Median(Plan.Hit20k, Peer.Ours, of) / found.Median(Plan.Hit20k, against, of), target, "0.00");
        double? Median(Dictionary<string, Statistics> of, string peer) =>
            of.TryGetValue(peer, out var s) && s.Count > 0 ? s.Median : null;
        return
        [
            Ratio("CPU per hit, saturated", Plan.HitSaturated, Peer.Floor, 1.15),
            Ratio("CPU per hit, saturated", Plan.HitSaturated, Peer.Unbound, 0.70),
            Ratio("CPU per hit, saturated", Plan.HitSaturated, Peer.NodeCache, 1 / 5.0),
            Ratio("CPU per hit at 20,000 a second", Plan.Hit20k, Peer.Unbound, 1.00),
            Ratio("CPU per hit at 20,000 a second", Plan.Hit20k, Peer.NodeCache, 1 / 2.0),
            Latency("p50 at 20,000 hits a second", s => s.P50.Median, Peer.Unbound, 1.15),
            Latency("p99 at 20,000 hits a second", s => s.P99.Median, Peer.Unbound, 1.5),
            Ratio("CPU per miss over TCP to CoreDNS", Plan.MissTcp, Peer.NodeCache, 1 / 2.5),
            Ratio("CPU per miss over TCP to CoreDNS", Plan.MissTcp, Peer.Unbound, 1 / 1.8),
            Ratio("CPU per miss over UDP", Plan.MissUdp, Peer.Dnsdist, 1.1),
            new("resident memory with 10,000 names", "MB", Median(found.FilledBytes, Peer.Ours) / 1e6, 8, "0.0"),
            new("memory that grows after the budget is used up, a million names", "of 64 MiB", found.ManyNames?.Growth, 0.05, "0.000"),
            new("hot names that are asked upstream meanwhile", "of their lookups", found.ManyNames?.HotMisses, 0.1, "0.000"),
            new("cold start to first answer", Peer.NodeCache, Median(found.ColdStartMs, Peer.Ours) / Median(found.ColdStartMs, Peer.NodeCache), 0.5, "0.00"),
            new("cache binary", "MiB", sizes.CacheBytes / 1048576.0, 8, "0.0"),
            new("garbage collections in saturated hits", "a million", found.Managed.GetValueOrDefault(Plan.HitSaturated)?.CollectionsPerMillion, 0, "0.##"),
        ];
    }
}
