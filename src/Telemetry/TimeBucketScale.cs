namespace NodeDns.Telemetry;

/// <summary>Duration buckets by search, for histograms off the hot path whose bounds are not CoreDNS's usual
/// ones.</summary>
public sealed class TimeBucketScale(double[] upperBoundsSeconds)
{
    /// <summary>Buckets including +Inf.</summary>
    public int Count => upperBoundsSeconds.Length + 1;

    public int IndexOf(long nanoseconds)
    {
        var index = 0;
        while (index < upperBoundsSeconds.Length && nanoseconds > upperBoundsSeconds[index] * 1e9)
        {
            index++;
        }

        return index;
    }
}
