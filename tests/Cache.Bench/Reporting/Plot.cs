using System.Globalization;
using System.Security;
using System.Text;
using NodeDns.Bench.Measuring;
using NodeDns.Bench.Peers;

namespace NodeDns.Bench.Reporting;

/// <summary>The plot as SVG: one panel a figure, one bar a server, the quartiles as a line over the bar's end.</summary>
internal static class Plot
{
    private const int PanelWidth = 460, LabelWidth = 170, RowHeight = 22, Gap = 34, Margin = 24;

    public static string Svg(Report report)
    {
        Panel[] panels = [.. Panels(report).Where(p => p.Bars.Length > 0)];
        var rows = (panels.Length + 1) / 2;
        int[] heights = [.. Enumerable.Range(0, rows).Select(r => panels.Skip(2 * r).Take(2).Max(p => p.Bars.Length) * RowHeight + Gap + 12)];
        int width = 2 * PanelWidth + 3 * Margin, height = heights.Sum() + 2 * Margin;
        var svg = new StringBuilder();
        svg.AppendLine(Text($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">"));
        svg.AppendLine(Text($"<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>"));
        for (var i = 0; i < panels.Length; i++)
        {
            Draw(svg, panels[i], Margin + i % 2 * (PanelWidth + Margin), Margin + heights.Take(i / 2).Sum());
        }

        return svg.AppendLine("</svg>").ToString();
    }

    private sealed record Panel(string Title, (string Name, bool Ours, Statistics Value)[] Bars);

    private static IEnumerable<Panel> Panels(Report report)
    {
        var found = report.Found;
        foreach (var figure in report.Plan.Figures.Where(figure => !figure.IsOfFlood))
        {
            yield return Make(report, $"CPU µs: {figure.Title}", p => found.SeriesOf(figure.Key, p.Key) is { IsEmpty: false, IsWrong: false } s ? s.Cpu : default);
        }

        yield return Make(report, "latency µs at 20,000 a second, median", p => found.SeriesOf(Plan.Hit20k, p.Key) is { IsEmpty: false, IsWrong: false } s ? s.P50 : default);
        yield return Make(report, "resident MB with 10,000 names", p => Scaled(found.FilledBytes.GetValueOrDefault(p.Key), 1e-6));
        yield return Make(report, "cold start ms", p => found.ColdStartMs.GetValueOrDefault(p.Key));
    }

    private static Statistics Scaled(Statistics s, double by) => new(s.Count, s.Median * by, s.Low * by, s.High * by);

    private static Panel Make(Report report, string title, Func<Peer, Statistics> value) => new(title,
        [.. report.Found.Started.Select(p => (p.Title, p.Key == Peer.Ours, value(p))).Where(b => b.Item3.Count > 0).OrderBy(b => b.Item3.Median)]);

    private static void Draw(StringBuilder svg, Panel panel, int left, int top)
    {
        var scale = (PanelWidth - LabelWidth - 60) / panel.Bars.Max(b => b.Value.High);
        var x = left + LabelWidth;
        svg.AppendLine(Text($"<text x=\"{left}\" y=\"{top + 12}\" font-weight=\"bold\" fill=\"#222\">{SecurityElement.Escape(panel.Title)}</text>"));
        for (var i = 0; i < panel.Bars.Length; i++)
        {
            (var name, var ours, var value) = panel.Bars[i];
            var y = top + Gap - 10 + i * RowHeight;
            double end = x + value.Median * scale, low = x + value.Low * scale, high = x + value.High * scale;
            svg.AppendLine(Text($"<text x=\"{x - 6}\" y=\"{y + 12}\" text-anchor=\"end\" fill=\"#222\">{SecurityElement.Escape(name.Split(" (")[0])}</text>"));
            svg.AppendLine(Text($"<rect x=\"{x}\" y=\"{y}\" width=\"{end - x:0.0}\" height=\"16\" fill=\"{(ours ? "#d1495b" : "#8fa3b0")}\"/>"));
            svg.AppendLine(Text($"<path d=\"M{low:0.0} {y + 8}H{high:0.0}\" stroke=\"#222\"/>"));
            svg.AppendLine(Text($"<text x=\"{Math.Max(end, high) + 5:0.0}\" y=\"{y + 12}\" fill=\"#222\">{value.Median:0.0}</text>"));
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
