using System.Text.Json;

namespace NodeDns.Bench.Lab;

/// <summary>What floor/load.c prints.</summary>
internal sealed record LoadResult(
    long Sent, long Answered, long Bad, long Lost, double Seconds, double Qps,
    double P50Us, double P90Us, double P99Us, double MaxUs, double OwnCpuSeconds)
{
    private static readonly JsonSerializerOptions s_lines = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static LoadResult Run(string program, IEnumerable<string> arguments) =>
        JsonSerializer.Deserialize<LoadResult>(Tool.OnCore(Cores.Load, program, arguments), s_lines)!;
}
