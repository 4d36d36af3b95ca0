using System.Text;

namespace NodeDns.Bench.Reporting;

/// <summary>The measured part of docs/performance.md, between two marks; what stands around it is written by hand.</summary>
internal static class PerformancePage
{
    private const string Begin = "<!-- from here on written by make bench -->", End = "<!-- up to here written by make bench -->";

    public static string Fill(string page, Report report, IEnumerable<string?> sections)
    {
        int from = page.IndexOf(Begin, StringComparison.Ordinal), to = page.IndexOf(End, StringComparison.Ordinal);
        if (from < 0 || to < from)
        {
            throw new Lab.BenchException($"the page lacks its marks: {Begin} and {End}");
        }

        return page[..(from + Begin.Length)] + "\n\n" + Section(report, sections) + "\n" + page[to..];
    }

    private static string Section(Report report, IEnumerable<string?> sections)
    {
        var text = new StringBuilder();
        var machine = report.Machine;
        text.AppendLine($"Made by `make bench BENCH={report.Plan.Mode}` on {machine.Started}: {machine.Processors} × {machine.Processor}, "
            + $"Linux {machine.Kernel}, load average {machine.LoadAverage} before the run.").AppendLine();
        text.AppendLine("![the figures as bars](performance.svg)").AppendLine();
        text.AppendLine("## The bar").AppendLine();
        Append(text, Report.BarHeading, report.BarRows);
        text.AppendLine().AppendLine("## Every server").AppendLine();
        Append(text, Row.Heading, report.Rows);
        text.AppendLine().AppendLine("A row is the median of its slices; results.json has the quartiles and each slice. "
            + Noise(report)).AppendLine();
        text.AppendLine("## Spread").AppendLine();
        Append(text, ["figure, server", "CPU µs", "quartiles", "slices", "bad", "lost"], [.. Spread(report)]);
        text.AppendLine().AppendLine("## Settings and sizes").AppendLine();
        Append(text, ["server", "setting"], [.. report.Found.Started.Select(p => new[] { p.Title, p.Setting })]);
        text.AppendLine();
        foreach (var line in Facts(report))
        {
            text.AppendLine($"- {line}");
        }

        foreach (var section in sections.Prepend(FloodTable.Section(report)).OfType<string>())
        {
            text.AppendLine().AppendLine(section);
        }

        return text.ToString();
    }

    private static string Noise(Report report)
    {
        string[] noisy = [.. report.Plan.Figures.Where(f => !f.IsOfFlood && report.Found.Started.Where(f.Applies)
            .Any(p => report.Found.SeriesOf(f.Key, p.Key).IsNoisy)).Select(f => f.Title)];
        return noisy.Length == 0 ? "Every series had at least three quiet slices; the others were left out."
            : $"Some series had fewer than three quiet slices, so all were kept: {string.Join("; ", noisy)}.";
    }

    private static IEnumerable<string[]> Spread(Report report)
    {
        foreach (var figure in report.Plan.Figures.Where(figure => !figure.IsOfFlood))
        {
            foreach (var peer in report.Found.Started.Where(figure.Applies).OrderBy(p => report.Found.CpuUs(figure.Key, p.Key)))
            {
                if (report.Found.SeriesOf(figure.Key, peer.Key) is { IsEmpty: false } s)
                {
                    yield return [$"{figure.Title}, {peer.Title}{(s.IsNoisy ? " (noisy)" : "")}", $"{s.Cpu.Median:0.00}",
                        $"{s.Cpu.Low:0.00} to {s.Cpu.High:0.00}", $"{s.Cpu.Count}", $"{s.Bad}", $"{s.Lost}"];
                }
            }
        }
    }

    private static IEnumerable<string> Facts(Report report)
    {
        if (report.Sizes.CacheBytes is { } cache && report.Sizes.CorednsBytes is { } coredns)
        {
            yield return $"Programs: node-dns-cache {cache / 1e6:0.0} MB; CoreDNS 1.14.4 with every in-tree plugin {coredns / 1e6:0.0} MB "
                + "(node-cache compiles in fewer).";
        }

        foreach ((var image, var bytes) in report.Sizes.Images)
        {
            yield return $"Image {image}: {bytes / 1e6:0.0} MB uncompressed.";
        }

        foreach (var figure in report.Plan.Figures)
        {
            if (report.Found.Managed.GetValueOrDefault(figure.Key) is { } work)
            {
                yield return $".NET runtime, {figure.Title}: {work.Collections:0} collections and {work.AllocatedBytesPerMillion:0} bytes "
                    + $"allocated a million answers, over {work.Answers:N0} (a scrape of the metrics included).";
            }
        }

        foreach ((var peer, var why) in report.Found.Missing)
        {
            yield return $"Not measured: {peer} ({why}).";
        }
    }

    private static void Append(StringBuilder text, string[] heading, IReadOnlyList<string[]> rows)
    {
        foreach (var line in TextTable.Markdown(heading, rows))
        {
            text.AppendLine(line);
        }
    }
}
