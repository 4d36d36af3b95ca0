namespace NodeDns.Cache.Store;

/// <summary>The time settings of a lookup.</summary>
/// <param name="NowMs">The current time on the monotonic clock.</param>
/// <param name="StaleMs">How long after its expiry an entry may still be returned; 0 for not at all.</param>
/// <param name="StaleTtlSeconds">The TTL that is written into a stale answer.</param>
/// <param name="KeepTtl">Write the TTL that was stored, instead of the time that is left.</param>
internal readonly record struct GetOptions(long NowMs, long StaleMs = 0, uint StaleTtlSeconds = 30, bool KeepTtl = false);
