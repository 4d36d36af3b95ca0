using System.Diagnostics;

namespace NodeDns.Linux.Loop;

/// <summary>Milliseconds that never go back, from an arbitrary start. TTLs are counted with it (RFC 8767 section
/// 4).</summary>
/// <remarks>An event loop reads it once a turn and uses that value for the whole turn.</remarks>
public class MonotonicClock
{
    /// <summary>The machine's clock.</summary>
    public static MonotonicClock System { get; } = new();

    /// <summary>The current time. Tests override this to control time.</summary>
    public virtual long NowMs => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);
}
