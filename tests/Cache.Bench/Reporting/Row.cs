using NodeDns.Bench.Measuring;
using NodeDns.Bench.Peers;

namespace NodeDns.Bench.Reporting;

/// <summary>One peer's line of the big table, each cell as text; "-" for what does not apply or was not measured.</summary>
internal static class Row
{
    public static readonly string[] Heading =
    [
        "server", "hit µs", "kqps", "hit at 20k µs", "p50 µs", "p99 µs", "miss TCP µs", "miss UDP µs", "RSS MB", "RSS 10k MB", "start ms",
    ];

    public static string[] Of(Peer peer, Measurements found) =>
    [
        peer.Title,
        Cpu(found, Plan.HitSaturated, peer),
        Cell(found, Plan.HitSaturated, peer, s => s.Qps.Median / 1000, "0"),
        Cpu(found, Plan.Hit20k, peer),
        Cell(found, Plan.Hit20k, peer, s => s.P50.Median, "0"),
        Cell(found, Plan.Hit20k, peer, s => s.P99.Median, "0"),
        Cpu(found, Plan.MissTcp, peer),
        Cpu(found, Plan.MissUdp, peer),
        Value(found.EmptyBytes, peer, 1e6, "0.0"),
        Value(found.FilledBytes, peer, 1e6, "0.0"),
        Value(found.ColdStartMs, peer, 1, "0.0"),
    ];

    private static string Cpu(Measurements found, string figure, Peer peer) => Cell(found, figure, peer, s => s.Cpu.Median, "0.0#");

    private static string Cell(Measurements found, string figure, Peer peer, Func<Series, double> value, string format) =>
        found.SeriesOf(figure, peer.Key) is not { IsEmpty: false } series ? "-"
        : series.IsWrong ? "wrong"
        : value(series).ToString(format, null);

    private static string Value(Dictionary<string, Statistics> values, Peer peer, double unit, string format) =>
        values.TryGetValue(peer.Key, out var s) && s.Count > 0 ? (s.Median / unit).ToString(format, null) : "-";
}
