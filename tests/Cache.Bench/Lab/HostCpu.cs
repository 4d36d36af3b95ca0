using System.Globalization;

namespace NodeDns.Bench.Lab;

/// <summary>One processor's counters of /proc/stat, in nanoseconds (they move in steps of 10 ms).</summary>
internal readonly record struct HostCpu(long Busy, long Steal)
{
    private const long TickNanoseconds = 10_000_000;

    public static HostCpu Read(int core)
    {
        var line = File.ReadLines("/proc/stat").First(l => l.StartsWith($"cpu{core} ", StringComparison.Ordinal));
        long[] ticks = [.. line.Split(' ').Skip(1).Select(t => long.Parse(t, CultureInfo.InvariantCulture))];
        // user nice system idle iowait irq softirq steal
        return new HostCpu((ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) * TickNanoseconds, ticks[7] * TickNanoseconds);
    }

    public static HostCpu operator -(HostCpu later, HostCpu earlier) => Subtract(later, earlier);

    public static HostCpu Subtract(HostCpu later, HostCpu earlier) =>
        new(later.Busy - earlier.Busy, later.Steal - earlier.Steal);
}
