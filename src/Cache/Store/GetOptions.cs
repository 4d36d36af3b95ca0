namespace NodeDns.Cache.Store;

/// <summary>How a lookup treats time.</summary>
/// <param name="NowMs">The monotonic clock.</param>
/// <param name="StaleMs">How long after its expiry an entry still counts; 0 is not at all.</param>
/// <param name="StaleTtlSeconds">The TTL written into a stale answer.</param>
/// <param name="KeepTtl">Write the stored TTL rather than what is left of it.</param>
internal readonly record struct GetOptions(long NowMs, long StaleMs = 0, uint StaleTtlSeconds = 30, bool KeepTtl = false);
