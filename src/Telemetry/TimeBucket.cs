using System.Numerics;

namespace NodeDns.Telemetry;

/// <summary>Finds CoreDNS's duration bucket (0.25 ms doubled 15 times, then +Inf) for a duration.</summary>
internal static class TimeBucket
{
    private const long FirstNanoseconds = 250_000;

    /// <summary>The number of buckets, including +Inf.</summary>
    public const int Count = 17;

    /// <summary>The smallest n with duration ≤ 0.25 ms × 2ⁿ, computed without a search.</summary>
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
