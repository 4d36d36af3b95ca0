using System.Text.Json;
using System.Text.Json.Serialization;
using NodeDns.Bench.Measuring;

namespace NodeDns.Bench.Reporting;

/// <summary>results.json: everything, down to each slice.</summary>
internal static class ResultsFile
{
    private static readonly JsonSerializerOptions s_layout = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static void Write(Report report, string path)
    {
        var found = report.Found;
        var content = new
        {
            report.Machine,
            report.Plan.Mode,
            Bar = report.Bars.Select(b => new { b.Figure, b.Against, b.Value, b.Target, b.Met }),
            Figures = report.Plan.Figures.ToDictionary(f => f.Key, f => new
            {
                f.Title,
                f.Load,
                Peers = found.Started.Where(f.Applies).ToDictionary(p => p.Key, p => SeriesOf(found.SeriesOf(f.Key, p.Key))),
            }),
            found.EmptyBytes,
            found.FilledBytes,
            found.ColdStartMs,
            report.Sizes,
            found.Managed,
            Settings = found.Started.ToDictionary(p => p.Key, p => p.Setting),
            found.Missing,
        };
        File.WriteAllText(path, JsonSerializer.Serialize(content, s_layout) + "\n");
    }

    private static object SeriesOf(Series s) => new { s.IsNoisy, s.IsWrong, CpuUs = s.Cpu, s.Qps, P50Us = s.P50, P99Us = s.P99, Slices = s.Kept };
}
