namespace NodeDns.Cache.Store;

/// <summary>How a lookup ended.</summary>
internal enum GetOutcome
{
    Missing,

    /// <summary>Found and within its TTL.</summary>
    Fresh,

    /// <summary>Found, expired, and within the time that stale answers are allowed.</summary>
    Stale,

    /// <summary>Found, but the records do not fit the buffer; nothing was copied.</summary>
    TooLarge,
}
