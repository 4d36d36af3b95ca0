using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>cache: what is kept and for how long. The memory budget is not here: it is one for all blocks.</summary>
public sealed record CacheConfig : DirectiveConfig
{
    /// <summary>CoreDNS's ceiling for success.</summary>
    public static readonly TimeSpan SuccessTtlDefault = TimeSpan.FromHours(1);

    /// <summary>CoreDNS's ceiling for denial: half of the other.</summary>
    public static readonly TimeSpan DenialTtlDefault = TimeSpan.FromMinutes(30);

    public static readonly TimeSpan ServfailTtlDefault = TimeSpan.FromSeconds(5);

    /// <summary>RFC 2308 section 7.1 allows no more.</summary>
    public static readonly TimeSpan ServfailTtlMaximum = TimeSpan.FromMinutes(5);

    /// <summary>CoreDNS's smallest cache: 256 shards of 4. A smaller number in the file means this one.</summary>
    public const int CapacityMinimum = 1024;

    /// <summary>Names to cache for. Never empty: the block's zones when the line names none.</summary>
    public ImmutableArray<string> Zones { get; init; } = [];

    /// <summary>Answers kept at most. Null: as many as the memory budget holds.</summary>
    public int? SuccessCapacity { get; init; }

    public TimeSpan SuccessTtl { get; init; } = SuccessTtlDefault;

    /// <summary>Null when the file names none: TTLs are believed as they are, and 0 is not kept. (CoreDNS raises all
    /// below 5 s to 5 s.)</summary>
    public TimeSpan? SuccessMinTtl { get; init; }

    /// <summary>Denials kept at most. Null: as many as the memory budget holds.</summary>
    public int? DenialCapacity { get; init; }

    public TimeSpan DenialTtl { get; init; } = DenialTtlDefault;

    /// <summary>Null when the file names none, as above.</summary>
    public TimeSpan? DenialMinTtl { get; init; }

    /// <summary>How long SERVFAIL and NOTIMP are kept. Zero: not at all.</summary>
    public TimeSpan ServfailTtl { get; init; } = ServfailTtlDefault;

    public PrefetchConfig? Prefetch { get; init; }
    public ServeStaleConfig? ServeStale { get; init; }

    /// <summary>Names whose success answers are not cached; "." is all.</summary>
    public ImmutableArray<string> DisableSuccess { get; init; } = [];

    /// <summary>Names whose denials are not cached; "." is all.</summary>
    public ImmutableArray<string> DisableDenial { get; init; } = [];

    /// <summary>Hits carry the stored TTL instead of what is left of it.</summary>
    public bool KeepTtl { get; init; }
}

/// <summary>prefetch: refresh a popular answer before it expires.</summary>
/// <param name="Amount">Hits that make an answer popular. Zero: off.</param>
/// <param name="Window">A longer gap between two hits starts the count again.</param>
/// <param name="Percentage">Refresh when this part of the TTL, in percent, is left.</param>
public sealed record PrefetchConfig(int Amount, TimeSpan Window, int Percentage)
{
    public static readonly TimeSpan WindowDefault = TimeSpan.FromMinutes(1);
    public const int PercentageDefault = 10;
    public const int PercentageMinimum = 10;
    public const int PercentageMaximum = 90;
}

/// <summary>serve_stale: answer with what has expired (RFC 8767).</summary>
public sealed record ServeStaleConfig
{
    public static readonly TimeSpan DurationDefault = TimeSpan.FromHours(1);

    /// <summary>RFC 2308 section 7.2: a dead server is not remembered for longer.</summary>
    public static readonly TimeSpan RecheckMaximum = TimeSpan.FromMinutes(5);

    /// <summary>How long after its expiry an answer may still be sent.</summary>
    public TimeSpan Duration { get; init; } = DurationDefault;

    public ServeStaleMode Mode { get; init; } = ServeStaleMode.Immediate;

    /// <summary>How long verify waits for upstream. Zero: as long as upstream's own timeouts.</summary>
    public TimeSpan VerifyTimeout { get; init; }

    /// <summary>The TTL on a stale answer. Null when the file names none: RFC 8767's 30 seconds.</summary>
    public TimeSpan? AnswerTtl { get; init; }

    /// <summary>After a failed refresh, how long upstream is left alone. Zero: not at all.</summary>
    public TimeSpan FailureRecheck { get; init; }

    /// <summary>serve_stale_policy prefer_positive: a stale positive answer wins over a fresh denial.</summary>
    public bool PreferPositive { get; init; }
}

public enum ServeStaleMode
{
    /// <summary>The stale answer at once, one refresh behind it.</summary>
    Immediate,

    /// <summary>Upstream first; the stale answer when upstream does not answer.</summary>
    Verify,
}
