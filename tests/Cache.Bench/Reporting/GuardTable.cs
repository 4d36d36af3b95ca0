using System.Globalization;
using System.Text.Json.Nodes;

namespace NodeDns.Bench.Reporting;

/// <summary>What eng/bench-guard left in guard.json, as a section of the page.</summary>
internal static class GuardTable
{
    private const double MostCpuMs = 100;
    private const double MostResidentMB = 8;

    /// <returns>null when there is no such file.</returns>
    public static string? Of(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var found = JsonNode.Parse(File.ReadAllText(path))!;
        var changesMs = (double)found["changes_ms"]!;
        var idleMs = (double)found["idle_ms"]!;
        var residentMB = (double)found["resident_kib"]! * 1024 / 1e6;
        List<string[]> rows =
        [
            Row($"CPU for {found["changes"]} changes in 6 s", Math.Max(0, changesMs - idleMs), MostCpuMs, "0", "ms"),
            Row("resident memory", residentMB, MostResidentMB, "0.0", "MB"),
        ];
        var table = string.Join('\n', TextTable.Markdown(["figure", "measured", "must be at most", "of", "verdict"], rows));
        return $"## The guard on a big node\n\nThe guard beside {found["rules"]:N0} packet rules, {found["sockets"]:N0} TCP sockets and "
            + $"{found["links"]} links of others, which change: their links' settings, addresses and rules. From the last run of "
            + $"`eng/bench-guard`. Watching the cache for 6 s costs {idleMs.ToString("0", CultureInfo.InvariantCulture)} ms by itself, "
            + $"which is taken off.\n\n{table}";
    }

    private static string[] Row(string figure, double value, double most, string format, string of) =>
    [
        figure, value.ToString(format, CultureInfo.InvariantCulture), most.ToString(format, CultureInfo.InvariantCulture), of,
        value <= most ? "met" : "not met",
    ];
}
