using System.Diagnostics;
using NodeDns.Linux.Interop;

namespace NodeDns.Linux.Loop;

/// <summary>Holds a loop to so many turns a second while wake-ups come faster, so that one turn serves what several would:
/// interrupt moderation, as network cards do it.</summary>
/// <remarks>
/// A wake-up costs four times what a hit does. Below the rate nothing waits: turns are paid from a budget that fills up at
/// the rate (GCRA), and a burst of <see cref="Burst"/> turns is free. A turn that takes longer than the interval, as
/// under full load, is never held.
/// </remarks>
public sealed class TurnPace(int turnsPerSecond)
{
    private const int Burst = 64;

    /// <summary>A shorter sleep costs more than the wake-up it saves.</summary>
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

    /// <summary>For how long a turn is held that is asked for now.</summary>
    internal long WaitNs(long nowNs)
    {
        _dueNs = Math.Max(_dueNs, nowNs - Burst * _intervalNs) + _intervalNs;
        return Math.Max(0, _dueNs - nowNs);
    }
}
