namespace NodeDns.Cache.Upstream;

/// <summary>Smoothed round-trip time and variance of one server, RFC 6298 section 2's arithmetic, shared by all
/// workers.</summary>
/// <remarks>Both figures, in µs, sit in one word: a racing update loses one sample and never tears.</remarks>
internal sealed class RttEstimate
{
    private const int MaximumMicroseconds = 30_000_000;

    /// <summary>A server that always takes the same time must not be asked twice for a hair's breadth (RFC 6298's G, as
    /// Linux widens it).</summary>
    private const int VarianceFloorMicroseconds = 100_000;

    private long _packed;

    public int SmoothedMicroseconds => (int)(Volatile.Read(ref _packed) >> 32);

    public void Add(long microseconds)
    {
        var sample = (int)Math.Clamp(microseconds, 1, MaximumMicroseconds);
        var packed = Volatile.Read(ref _packed);
        var smoothed = (int)(packed >> 32);
        var variance = (int)packed;
        if (packed == 0)
        {
            smoothed = sample;
            variance = sample / 2;
        }
        else
        {
            variance += (Math.Abs(smoothed - sample) - variance) / 4;
            smoothed += (sample - smoothed) / 8;
        }
        Volatile.Write(ref _packed, (long)Math.Max(1, smoothed) << 32 | (uint)variance);
    }

    /// <summary>A sample that can only be too low, as a probe's is: names that nobody has cached take longer.</summary>
    public void AddAtLeast(long microseconds)
    {
        if (microseconds > SmoothedMicroseconds)
        {
            Add(microseconds);
        }
    }

    /// <summary>How long to wait for a first answer before asking elsewhere too.</summary>
    /// <param name="unknownMs">While nothing is known.</param>
    public long RetryAfterMs(long floorMs, long unknownMs, long ceilingMs)
    {
        var packed = Volatile.Read(ref _packed);
        var (smoothed, variance) = (packed >> 32, (long)(int)packed);
        return packed == 0
            ? unknownMs
            : Math.Clamp((smoothed + Math.Max(4 * variance, VarianceFloorMicroseconds)) / 1000, floorMs, ceilingMs);
    }
}
