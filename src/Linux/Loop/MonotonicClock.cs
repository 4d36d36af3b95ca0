using System.Diagnostics;

namespace NodeDns.Linux.Loop;

/// <summary>Milliseconds that never go back, from an arbitrary start; TTLs age by it (RFC 8767 section 4 asks no more).</summary>
/// <remarks>A loop reads it once a turn and everything in the turn uses that reading.</remarks>
public class MonotonicClock
{
    /// <summary>The machine's own clock.</summary>
    public static MonotonicClock System { get; } = new();

    /// <summary>Now. Tests override it to make time a step of their script.</summary>
    public virtual long NowMs => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);
}
