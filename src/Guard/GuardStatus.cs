using System.Net;

namespace NodeDns.Guard;

/// <summary>A picture of the guard for its HTTP pages and metrics, which run on another thread. Immutable.</summary>
internal sealed record GuardStatus
{
    public GuardState State { get; init; }

    public CacheTrust Trust { get; init; }

    /// <summary>What /readyz says; null: lookups of this node are answered by the cache.</summary>
    public string? NotReady { get; init; } = "the guard has just started";

    public bool IsRelaying { get; init; }

    /// <summary>The cache is kept waiting because it has died too often.</summary>
    public bool IsHeldBack { get; init; }

    /// <summary>For how long no cache has been ready.</summary>
    public long CacheGoneMs { get; init; }

    /// <summary>Octets waiting in UDP queues, and connections in TCP backlogs.</summary>
    public long Waiting { get; init; }

    /// <summary>Addresses that are no longer configured and still relayed.</summary>
    public IReadOnlyList<IPAddress> Leaving { get; init; } = [];

    /// <summary>Addresses that are configured and that this node cannot carry.</summary>
    public IReadOnlyList<IPAddress> Absent { get; init; } = [];

    /// <summary>When it was taken, by Environment.TickCount64.</summary>
    public long SampledMs { get; init; }
}
