using System.Globalization;
using static NodeDns.Telemetry.MetricNames;

namespace NodeDns.Telemetry;

/// <summary>The metrics that every Prometheus client reports about its process, read from /proc at each
/// scrape.</summary>
public static class ProcessMetrics
{
    // USER_HZ is always 100 for user space on x64 and arm64 Linux.
    private const double TicksPerSecond = 100;

    public static void Register(MetricRegistry registry)
    {
        registry.ReadCounter(CpuSeconds, CpuSecondsHelp, () => (Stat(13) + Stat(14)) / TicksPerSecond);
        registry.Gauge(Goroutines, GoroutinesHelp, () => Stat(19));
        registry.Gauge(VirtualMemory, VirtualMemoryHelp, () => Stat(22));
        registry.Gauge(ResidentMemory, ResidentMemoryHelp, () => Stat(23) * Environment.SystemPageSize);
        var start = BootTime() + Stat(21) / TicksPerSecond;
        registry.Gauge(StartTime, StartTimeHelp, () => start);
        registry.Gauge(OpenFds, OpenFdsHelp, () => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
        registry.Gauge(MaxFds, MaxFdsHelp, MaxOpenFiles);
        registry.ReadCounter(GcAllocated, GcAllocatedHelp, () => GC.GetTotalAllocatedBytes());
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            var captured = generation;
            registry.ReadCounter(
                GcCollections,
                GcCollectionsHelp,
                () => GC.CollectionCount(captured),
                ("generation", generation.ToString(CultureInfo.InvariantCulture)));
        }
    }

    /// <summary>A field of /proc/self/stat, with index 0 for field 1 of proc(5). The command's name may contain spaces,
    /// so the count starts after its closing parenthesis.</summary>
    private static double Stat(int field)
    {
        var text = File.ReadAllText("/proc/self/stat");
        var after = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return double.Parse(after[field - 2], CultureInfo.InvariantCulture);
    }

    private static double BootTime()
    {
        foreach (var line in File.ReadLines("/proc/stat"))
        {
            if (line.StartsWith("btime ", StringComparison.Ordinal))
            {
                return double.Parse(line.AsSpan(6), CultureInfo.InvariantCulture);
            }
        }
        return 0;
    }

    private static double MaxOpenFiles()
    {
        foreach (var line in File.ReadLines("/proc/self/limits"))
        {
            if (!line.StartsWith("Max open files", StringComparison.Ordinal))
            {
                continue;
            }

            var soft = line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
            return double.TryParse(soft, CultureInfo.InvariantCulture, out var value)
                ? value
                : double.PositiveInfinity;
        }
        return 0;
    }
}
