using System.Numerics;

namespace NodeDns.Telemetry;

/// <summary>Which of CoreDNS's duration buckets (0.25 ms doubled 15 times, then +Inf) a duration falls into.</summary>
internal static class TimeBucket
{
    private const long FirstNanoseconds = 250_000;

    /// <summary>Buckets including +Inf.</summary>
    public const int Count = 17;

    /// <summary>The first n with duration ≤ 0.25 ms × 2ⁿ, in arithmetic instead of a search.</summary>
    public static int IndexOf(long nanoseconds)
    {
        if (nanoseconds <= FirstNanoseconds)
        {
            return 0;
        }

        var firsts = ((ulong)nanoseconds + FirstNanoseconds - 1) / FirstNanoseconds;
        return Math.Min(64 - BitOperations.LeadingZeroCount(firsts - 1), Count - 1);
    }
}
