namespace NodeDns.Guard;

/// <summary>A picture of the guard for its HTTP pages and metrics, which run on another thread. Immutable.</summary>
internal sealed record GuardStatus
{
    public GuardState State { get; init; }
    public bool IsCacheWell { get; init; }
    /// <summary>A probe has seen a lookup through the local address answered since the cache began to serve, or none is
    /// sent (--probe-interval 0).</summary>
    public bool IsProven { get; init; }

    public bool IsHung { get; init; }
    public bool IsRelaying { get; init; }

    /// <summary>Link, addresses and rules have been seen to, by this guard or by the one it has not relieved
    /// yet.</summary>
    public bool IsNodeSetUp { get; init; }

    /// <summary>The cache is kept waiting because it has died too often.</summary>
    public bool IsHeldBack { get; init; }

    /// <summary>For how long no cache has been ready.</summary>
    public long CacheGoneMs { get; init; }

    public long Waiting { get; init; }

    /// <summary>When it was taken, by Environment.TickCount64.</summary>
    public long SampledMs { get; init; }
}
