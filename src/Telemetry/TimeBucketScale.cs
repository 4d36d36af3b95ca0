namespace NodeDns.Telemetry;

/// <summary>Finds the bucket of a duration by search. For histograms off the hot path that do not have CoreDNS's usual
/// bounds.</summary>
public sealed class TimeBucketScale(double[] upperBoundsSeconds)
{
    /// <summary>The number of buckets, including +Inf.</summary>
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
