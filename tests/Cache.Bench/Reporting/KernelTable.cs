using System.Text.Json.Nodes;

namespace NodeDns.Bench.Reporting;

/// <summary>What eng/bench-kernel left in kernel.json: the same hits through the socket and answered in the kernel.</summary>
internal sealed class KernelTable
{
    private const double MostP50Us = 8;
    private const double MostCpuShare = 0.05;

    private static readonly (string Key, string Title)[] s_loads =
    [
        ("20k", "20,000 a second"), ("ping-pong", "one at a time"), ("saturated", "saturated, 128 in flight"),
    ];

    private readonly JsonNode _found;

    private KernelTable(JsonNode found) => _found = found;

    /// <returns>null when there is no such file.</returns>
    public static KernelTable? Of(string path) =>
        File.Exists(path) ? new KernelTable(JsonNode.Parse(File.ReadAllText(path))!) : null;

    public static IEnumerable<Bar> Bars(KernelTable? table) =>
    [
        new("p50 at 20,000 hits a second, answered in the kernel", "µs", table?.Value("20k", "kernel", "p50_us"), MostP50Us, "0.0"),
        new("CPU of the cache at 20,000 hits a second, answered in the kernel", "the socket's",
            table?.Value("20k", "kernel", "server_us") / table?.Value("20k", "socket", "server_us"), MostCpuShare, "0.000"),
    ];

    public string Section()
    {
        string[] heading =
        [
            "load", "by", "p50 µs", "p90 µs", "p99 µs", "kqps", "CPU µs of the cache", "CPU µs of the client", "wrong or lost",
        ];
        var rows = s_loads.SelectMany(load => new[] { "socket", "kernel" }.Select(by => Row(load.Key, load.Title, by)));
        return "## Answers from the kernel\n\n`guard --kernel-answers` beside the same cache's socket, from the last run of "
            + "`eng/bench-kernel`: 500 hot names, A and AAAA, from two pods of one node in turn. What the kernel does for a question, "
            + $"it does in the pod's own time, so that is in the client's figure. The verifier looks at {_found["instructions"]:N0} "
            + $"instructions.\n\n{string.Join('\n', TextTable.Markdown(heading, [.. rows]))}";
    }

    private string[] Row(string load, string title, string by)
    {
        string Cell(string name, string format, double unit = 1) => (Value(load, by, name) / unit).ToString(format, null);
        return
        [
            title, by, Cell("p50_us", "0.0"), Cell("p90_us", "0.0"), Cell("p99_us", "0.0"), Cell("qps", "0", 1000),
            Cell("server_us", "0.00"), Cell("client_us", "0.0"), Cell("wrong", "0"),
        ];
    }

    private double Value(string load, string by, string name) => (double)_found["rows"]!.AsArray()
        .First(row => (string?)row!["load"] == load && (string?)row["by"] == by)![name]!;
}
