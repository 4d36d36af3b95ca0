using System.Diagnostics;
using NodeDns.Linux.Interop;

namespace NodeDns.Linux.Loop;

/// <summary>Limits a loop to a number of turns a second while processor time is scarce, so that one turn handles the work
/// of several. Network cards call this interrupt moderation.</summary>
/// <remarks>
/// A wake-up costs four times as much as a cache hit, and waiting for the next one doubles the latency: while the process
/// has processor time to spare, no turn waits. Else each turn is paid from a budget that fills at the given rate (GCRA),
/// and <see cref="Burst"/> turns in a row are free. Turns that take longer than the interval, as under full load, never
/// wait.
/// </remarks>
public sealed class TurnPace(int turnsPerSecond, CpuUse use)
{
    private const int Burst = 64;

    /// <summary>Do not sleep for less: the sleep would cost more than the wake-up it saves.</summary>
    private const long ShortestNs = 10_000;

    private static readonly double s_nsPerTick = 1e9 / Stopwatch.Frequency;
    private readonly long _intervalNs = 1_000_000_000 / turnsPerSecond;
    private long _dueNs;

    /// <summary>Sleeps until the next turn may begin.</summary>
    public void Wait()
    {
        var waitNs = WaitNs((long)(Stopwatch.GetTimestamp() * s_nsPerTick));
        if (waitNs >= ShortestNs)
        {
            Libc.Sleep(waitNs);
        }
    }

    /// <summary>How long a turn that wants to begin now has to wait.</summary>
    internal long WaitNs(long nowNs)
    {
        if (!use.IsScarce(nowNs))
        {
            return 0;
        }
        _dueNs = Math.Max(_dueNs, nowNs - Burst * _intervalNs) + _intervalNs;
        return Math.Max(0, _dueNs - nowNs);
    }
}
