using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>A block's cache directive in the form that queries use.</summary>
internal sealed record CacheModel
{
    /// <summary>The lower-case zones that are cached; empty for all.</summary>
    public byte[][] Zones { get; init; } = [];

    public uint SuccessTtlSeconds { get; init; } = 3600;

    /// <summary>null when TTLs are used as received; an answer with TTL 0 is then not stored.</summary>
    public uint? SuccessMinTtlSeconds { get; init; }

    public uint DenialTtlSeconds { get; init; } = 1800;

    public uint? DenialMinTtlSeconds { get; init; }

    /// <summary>0 when failures are not kept.</summary>
    public uint FailureTtlSeconds { get; init; } = 5;

    public byte[][] DisableSuccess { get; init; } = [];

    public byte[][] DisableDenial { get; init; } = [];

    public bool KeepTtl { get; init; }

    public PrefetchModel? Prefetch { get; init; }

    public StaleModel? Stale { get; init; }

    internal long StaleMs => Stale?.DurationMs ?? 0;

    internal uint StaleTtlSeconds => Stale?.TtlSeconds ?? StaleModel.DefaultTtlSeconds;

    /// <summary>True when answers for this lower-case name are cached.</summary>
    internal bool Covers(ReadOnlySpan<byte> name) => Zones.Length == 0 || IsWithinAny(name, Zones);

    internal static bool IsWithinAny(ReadOnlySpan<byte> name, byte[][] zones)
    {
        foreach (var zone in zones)
        {
            if (DnsName.IsWithin(name, zone))
            {
                return true;
            }
        }

        return false;
    }
}

/// <param name="Amount">How many hits make an answer popular.</param>
/// <param name="WindowSeconds">A longer gap between two hits restarts the count.</param>
/// <param name="Percentage">Refresh when at most this percentage of the TTL is left.</param>
internal sealed record PrefetchModel(int Amount, int WindowSeconds, int Percentage)
{
    /// <summary>True when so little of the TTL is left that the answer should be refreshed. Rounded up, as in
    /// CoreDNS.</summary>
    public bool IsDue(uint ttlSeconds, uint remainingSeconds) => remainingSeconds <= DueSeconds(ttlSeconds);

    /// <summary>The remaining seconds at which an answer of this TTL is due.</summary>
    public uint DueSeconds(uint ttlSeconds) => (uint)((ttlSeconds * (ulong)Percentage + 99) / 100);
}

/// <summary>The serve_stale setting (RFC 8767).</summary>
/// <param name="DurationMs">How long after its expiry an answer may be sent, in milliseconds.</param>
/// <param name="TtlSeconds">The TTL of stale answers.</param>
/// <param name="Verify">Ask upstream first. If false, the stale answer is sent at once.</param>
/// <param name="VerifyTimeoutMs">How long to wait for upstream, in milliseconds; 0 for upstream's own deadline.</param>
/// <param name="RecheckSeconds">After a failed refresh, how long not to ask upstream again; 0 for as long as failures
/// are kept.</param>
/// <param name="PreferPositive">A stale positive answer is preferred to a fresh denial.</param>
internal sealed record StaleModel(
    long DurationMs, uint TtlSeconds, bool Verify, long VerifyTimeoutMs, uint RecheckSeconds, bool PreferPositive)
{
    /// <summary>RFC 8767 section 5.11: short, so that clients notice the recovery soon, but long enough not to cause a
    /// storm of queries.</summary>
    public const uint DefaultTtlSeconds = 30;
}
