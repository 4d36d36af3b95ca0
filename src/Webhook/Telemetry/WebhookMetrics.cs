using NodeDns.Injection.Decide;

namespace NodeDns.Webhook.Telemetry;

/// <summary>The counters of the main path. Any thread may count.</summary>
internal sealed class WebhookMetrics(TimeProvider time)
{
    /// <summary>Upper bounds in microseconds: a review takes tens of them.</summary>
    public static readonly int[] BucketMicroseconds = [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 100_000];

    public static readonly string[] RejectReasons =
    [
        "empty-body", "not-json", "not-utf8", "not-a-review", "method", "content-type", "too-large", "bad-http",
        "no-memory",
    ];

    private readonly long[] _buckets = new long[BucketMicroseconds.Length + 1];
    private readonly long[] _skipped = new long[SkipReasons.Names.Length];
    private readonly long[] _rejected = new long[RejectReasons.Length];
    private long _injected;
    private long _warnings;
    private long _microseconds;

    public long InjectedCount => Interlocked.Read(ref _injected);

    public long WarningCount => Interlocked.Read(ref _warnings);

    public double ReviewSeconds => Interlocked.Read(ref _microseconds) / 1e6;

    public long Now() => time.GetTimestamp();

    public void Injected() => Interlocked.Increment(ref _injected);

    public void Skipped(SkipReason reason) => Interlocked.Increment(ref _skipped[(int)reason]);

    public long SkippedCount(SkipReason reason) => Interlocked.Read(ref _skipped[(int)reason]);

    public void Warned(int count)
    {
        if (count > 0)
            Interlocked.Add(ref _warnings, count);
    }

    /// <param name="reason">One of <see cref="RejectReasons"/>.</param>
    public void Rejected(string reason) => Interlocked.Increment(ref _rejected[Array.IndexOf(RejectReasons, reason)]);

    public long RejectedCount(int reason) => Interlocked.Read(ref _rejected[reason]);

    /// <summary>Reviews in the bucket, not cumulative; the last one has no upper bound.</summary>
    public long BucketCount(int bucket) => Interlocked.Read(ref _buckets[bucket]);

    /// <param name="started">From <see cref="Now"/>.</param>
    public void Reviewed(long started)
    {
        long microseconds = (long)time.GetElapsedTime(started).TotalMicroseconds;
        int bucket = 0;
        while (bucket < BucketMicroseconds.Length && microseconds > BucketMicroseconds[bucket])
            bucket++;
        Interlocked.Increment(ref _buckets[bucket]);
        Interlocked.Add(ref _microseconds, microseconds);
    }
}
