using System.Text.Json.Nodes;

namespace NodeDns.Bench.Reporting;

/// <summary>What eng/bench-webhook left in webhook.json, as a section of the page.</summary>
internal static class WebhookTable
{
    /// <returns>null when there is no such file.</returns>
    public static string? Of(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var found = JsonNode.Parse(File.ReadAllText(path))!;
        List<string[]> rows = [];
        foreach ((var key, var load) in new[] { ("at_500", "500 reviews a second"), ("at_2000", "2,000 reviews a second") })
        {
            foreach ((var figure, var name) in new[] { ("cpu_us", "CPU µs a review"), ("p50_us", "p50 µs"), ("p99_us", "p99 µs") })
            {
                rows.Add(Row($"{name}, {load}", found[key]![figure]!));
            }
        }

        rows.Add(Row("bytes allocated a review", found["allocated_bytes"]!));
        var table = string.Join('\n', TextTable.Markdown(["figure", "webhook", "Kestrel floor", "ratio"], rows));
        return $"## The webhook\n\nThe admission webhook beside a bare Kestrel endpoint that gives a fixed answer, from the last run of "
            + $"`eng/bench-webhook`: {found["rounds"]} rounds of {found["seconds"]} s in turn, one core, TLS.\n\n{table}";
    }

    private static string[] Row(string name, JsonNode values) =>
        [name, $"{values["webhook"]}", $"{values["floor"]}", $"{values["ratio"] ?? "-"}"];
}
