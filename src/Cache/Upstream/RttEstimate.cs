namespace NodeDns.Cache.Upstream;

/// <summary>Smoothed round-trip time and variance of one server, computed as in RFC 6298 section 2. Shared by all
/// workers.</summary>
/// <remarks>Both values, in µs, are in one 64-bit word. If two workers update it at the same time, one sample is lost,
/// but the word is always consistent.</remarks>
internal sealed class RttEstimate
{
    private const int MaximumMicroseconds = 30_000_000;

    /// <summary>A server that always takes the same time must not be asked twice because of a tiny delay. Like Linux,
    /// this uses a larger value than RFC 6298's G.</summary>
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

    /// <summary>Adds a sample that may be too low, as a probe's is: names that are not cached take longer.</summary>
    public void AddAtLeast(long microseconds)
    {
        if (microseconds > SmoothedMicroseconds)
        {
            Add(microseconds);
        }
    }

    /// <summary>How long to wait for an answer before another server is asked too.</summary>
    /// <param name="unknownMs">The result while there is no sample.</param>
    public long RetryAfterMs(long floorMs, long unknownMs, long ceilingMs)
    {
        var packed = Volatile.Read(ref _packed);
        var (smoothed, variance) = (packed >> 32, (long)(int)packed);
        return packed == 0
            ? unknownMs
            : Math.Clamp((smoothed + Math.Max(4 * variance, VarianceFloorMicroseconds)) / 1000, floorMs, ceilingMs);
    }
}
