using System.Globalization;

namespace NodeDns.Bench.Reporting;

/// <summary>Where and when, without naming the machine.</summary>
internal sealed record Machine(string Processor, int Processors, string Kernel, string Runtime, string Started, double LoadAverage)
{
    public static Machine Read() => new(
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[^1] ?? "unknown",
        Environment.ProcessorCount,
        File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
        TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
        double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture));
}
