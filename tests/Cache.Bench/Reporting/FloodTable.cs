using NodeDns.Bench.Measuring;

namespace NodeDns.Bench.Reporting;

/// <summary>How long clients wait beside others' floods: a line for each flood, three cells for each server.</summary>
internal static class FloodTable
{
    /// <returns>null when no flood was measured.</returns>
    public static string? Section(Report report) =>
        !IsMeasured(report) ? null
        : "## Beside a flood\n\nClients ask 1,000 hits a second, or 200 names a second that nobody has asked for, while other clients with "
            + "other addresses flood the server. Load, flood and upstream share a processor, so the first line of each kind is what to compare "
            + $"with. Times are of the medians of slices, lost is the share of all.\n\n{string.Join('\n', TextTable.Markdown(Heading(report), Rows(report)))}";

    public static bool IsMeasured(Report report) => report.Plan.Figures.Any(figure => figure.IsOfFlood);

    public static string[] Heading(Report report) =>
        ["clients ask", .. report.Peers.Where(IsIn(report)).SelectMany(peer => new[] { $"{peer.Title}: p50 ms", "p99 ms", "lost" })];

    public static string[][] Rows(Report report) =>
    [
        .. report.Plan.Figures.Where(figure => figure.IsOfFlood).Select(figure => new[] { figure.Title }
            .Concat(report.Peers.Where(IsIn(report)).SelectMany(peer => Cells(report.Found.SeriesOf(figure.Key, peer.Key)))).ToArray()),
    ];

    private static Func<Peers.Peer, bool> IsIn(Report report) =>
        peer => report.Found.Started.Contains(peer) && report.Plan.Figures.First(figure => figure.IsOfFlood).Applies(peer);

    private static string[] Cells(Series series) =>
        series.IsEmpty ? ["-", "-", "-"]
        : [$"{series.P50.Median / 1000:0.00}", $"{series.P99.Median / 1000:0.00}", $"{100.0 * series.Lost / Math.Max(1, series.Answered + series.Lost + series.Bad):0.#} %"];
}
