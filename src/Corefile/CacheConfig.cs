using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>cache: what is stored, and for how long. The memory budget is not part of it, because all blocks share
/// one.</summary>
public sealed record CacheConfig : DirectiveConfig
{
    /// <summary>CoreDNS's upper limit for the TTL of successes.</summary>
    public static readonly TimeSpan SuccessTtlDefault = TimeSpan.FromHours(1);

    /// <summary>CoreDNS's upper limit for the TTL of denials: half of the other.</summary>
    public static readonly TimeSpan DenialTtlDefault = TimeSpan.FromMinutes(30);

    public static readonly TimeSpan ServfailTtlDefault = TimeSpan.FromSeconds(5);

    /// <summary>The limit of RFC 2308 section 7.1.</summary>
    public static readonly TimeSpan ServfailTtlMaximum = TimeSpan.FromMinutes(5);

    /// <summary>CoreDNS's smallest cache: 256 shards of 4 entries. A smaller number in the file is raised to
    /// this.</summary>
    public const int CapacityMinimum = 1024;

    /// <summary>The zones that are cached. Never empty: if the line names none, the block's zones.</summary>
    public ImmutableArray<string> Zones { get; init; } = [];

    /// <summary>The most successes to store; null for no limit but the memory budget.</summary>
    public int? SuccessCapacity { get; init; }

    public TimeSpan SuccessTtl { get; init; } = SuccessTtlDefault;

    /// <summary>null when the file does not set it: TTLs are then used as received, and answers with TTL 0 are not
    /// stored. (CoreDNS raises shorter TTLs to 5 s.)</summary>
    public TimeSpan? SuccessMinTtl { get; init; }

    /// <summary>The most denials to store; null for no limit but the memory budget.</summary>
    public int? DenialCapacity { get; init; }

    public TimeSpan DenialTtl { get; init; } = DenialTtlDefault;

    /// <summary>null when the file does not set it, as for successes.</summary>
    public TimeSpan? DenialMinTtl { get; init; }

    /// <summary>How long SERVFAIL and NOTIMP are stored; zero for not at all.</summary>
    public TimeSpan ServfailTtl { get; init; } = ServfailTtlDefault;

    public PrefetchConfig? Prefetch { get; init; }
    public ServeStaleConfig? ServeStale { get; init; }

    /// <summary>Zones whose successes are not cached; "." for all.</summary>
    public ImmutableArray<string> DisableSuccess { get; init; } = [];

    /// <summary>Zones whose denials are not cached; "." for all.</summary>
    public ImmutableArray<string> DisableDenial { get; init; } = [];

    /// <summary>A hit gets the stored TTL instead of the time that is left.</summary>
    public bool KeepTtl { get; init; }
}

/// <summary>prefetch: refreshes a popular answer before it expires.</summary>
/// <param name="Amount">How many hits make an answer popular; zero for no prefetch.</param>
/// <param name="Window">A longer gap between two hits restarts the count.</param>
/// <param name="Percentage">Refresh when at most this percentage of the TTL is left.</param>
public sealed record PrefetchConfig(int Amount, TimeSpan Window, int Percentage)
{
    public static readonly TimeSpan WindowDefault = TimeSpan.FromMinutes(1);
    public const int PercentageDefault = 10;
    public const int PercentageMinimum = 10;
    public const int PercentageMaximum = 90;
}

/// <summary>serve_stale: answers with expired records (RFC 8767).</summary>
public sealed record ServeStaleConfig
{
    public static readonly TimeSpan DurationDefault = TimeSpan.FromHours(1);

    /// <summary>RFC 2308 section 7.2: the limit for remembering a dead server.</summary>
    public static readonly TimeSpan RecheckMaximum = TimeSpan.FromMinutes(5);

    /// <summary>How long after its expiry an answer may still be sent.</summary>
    public TimeSpan Duration { get; init; } = DurationDefault;

    public ServeStaleMode Mode { get; init; } = ServeStaleMode.Immediate;

    /// <summary>How long verify waits for upstream; zero for upstream's own timeouts.</summary>
    public TimeSpan VerifyTimeout { get; init; }

    /// <summary>The TTL of a stale answer; null for RFC 8767's 30 seconds.</summary>
    public TimeSpan? AnswerTtl { get; init; }

    /// <summary>How long not to ask upstream again after a failed refresh; zero for as long as failures are
    /// stored.</summary>
    public TimeSpan FailureRecheck { get; init; }

    /// <summary>serve_stale_policy prefer_positive: a stale positive answer is preferred to a fresh denial.</summary>
    public bool PreferPositive { get; init; }
}

public enum ServeStaleMode
{
    /// <summary>Send the stale answer at once and refresh it afterwards.</summary>
    Immediate,

    /// <summary>Ask upstream first, and send the stale answer if there is no reply.</summary>
    Verify,
}
