using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>A block's cache directive, made ready. Times in the unit that the path compares them in.</summary>
internal sealed record CacheModel
{
    /// <summary>Lower-case zones that are cached at all; empty is all.</summary>
    public byte[][] Zones { get; init; } = [];

    public uint SuccessTtlSeconds { get; init; } = 3600;

    /// <summary>Null: TTLs are believed as they are, and 0 is not stored.</summary>
    public uint? SuccessMinTtlSeconds { get; init; }

    public uint DenialTtlSeconds { get; init; } = 1800;

    public uint? DenialMinTtlSeconds { get; init; }

    /// <summary>0: failures are not kept.</summary>
    public uint FailureTtlSeconds { get; init; } = 5;

    public byte[][] DisableSuccess { get; init; } = [];

    public byte[][] DisableDenial { get; init; } = [];

    public bool KeepTtl { get; init; }

    public PrefetchModel? Prefetch { get; init; }

    public StaleModel? Stale { get; init; }

    internal long StaleMs => Stale?.DurationMs ?? 0;

    internal uint StaleTtlSeconds => Stale?.TtlSeconds ?? StaleModel.DefaultTtlSeconds;

    /// <summary>Whether answers for a lower-case name are looked up and kept here.</summary>
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

/// <param name="Amount">Hits that make an answer popular.</param>
/// <param name="WindowSeconds">A longer gap starts the count again.</param>
/// <param name="Percentage">Refresh when this part of the TTL is left.</param>
internal sealed record PrefetchModel(int Amount, int WindowSeconds, int Percentage)
{
    /// <summary>Whether an answer with that much left of its TTL is due; CoreDNS rounds the part up.</summary>
    public bool IsDue(uint ttlSeconds, uint remainingSeconds) =>
        remainingSeconds <= (ttlSeconds * (ulong)Percentage + 99) / 100;
}

/// <summary>serve_stale (RFC 8767).</summary>
/// <param name="DurationMs">How long after its expiry an answer may be sent.</param>
/// <param name="TtlSeconds">The TTL it is sent with.</param>
/// <param name="Verify">Ask upstream first; otherwise the stale answer goes out at once.</param>
/// <param name="VerifyTimeoutMs">How long upstream is waited for; 0 is upstream's own deadline.</param>
/// <param name="RecheckSeconds">After a failed refresh, how long upstream is left alone; 0 is as long as failures are
/// kept.</param>
/// <param name="PreferPositive">A stale positive answer wins over a fresh denial.</param>
internal sealed record StaleModel(
    long DurationMs, uint TtlSeconds, bool Verify, long VerifyTimeoutMs, uint RecheckSeconds, bool PreferPositive)
{
    /// <summary>RFC 8767 section 5.11: low enough that clients come back soon, high enough that they do not storm.
    /// </summary>
    public const uint DefaultTtlSeconds = 30;
}
