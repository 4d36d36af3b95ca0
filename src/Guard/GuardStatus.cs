using System.Net;
using NodeDns.Guard.KernelAnswers;

namespace NodeDns.Guard;

/// <summary>A snapshot of the guard for its HTTP pages and metrics, which run on another thread. Immutable.</summary>
internal sealed record GuardStatus
{
    public GuardState State { get; init; }

    public CacheTrust Trust { get; init; }

    /// <summary>What /readyz says; null when the cache answers this node's lookups.</summary>
    public string? NotReady { get; init; } = "the guard has just started";

    public bool IsRelaying { get; init; }

    /// <summary>Caches are held back because they have died too often.</summary>
    public bool IsHeldBack { get; init; }

    /// <summary>How long no cache has been ready.</summary>
    public long CacheGoneMs { get; init; }

    /// <summary>Octets in the UDP receive queues plus connections in the TCP accept queues.</summary>
    public long Waiting { get; init; }

    /// <summary>Addresses that are no longer configured and are still relayed.</summary>
    public IReadOnlyList<IPAddress> Leaving { get; init; } = [];

    /// <summary>Configured addresses that this node cannot carry.</summary>
    public IReadOnlyList<IPAddress> Absent { get; init; } = [];

    /// <summary>The pods' interfaces and the program that answers hot names there.</summary>
    public PodLinksReport KernelAnswers { get; init; } = NoKernelAnswers;

    public static PodLinksReport NoKernelAnswers { get; } = new(0, [], false);

    /// <summary>When this snapshot was taken, as Environment.TickCount64.</summary>
    public long SampledMs { get; init; }
}
