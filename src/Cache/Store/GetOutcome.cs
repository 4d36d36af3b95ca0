namespace NodeDns.Cache.Store;

/// <summary>The result of a lookup.</summary>
internal enum GetOutcome
{
    Missing,

    /// <summary>Found and within its TTL.</summary>
    Fresh,

    /// <summary>Found and expired, but stale answers of this age are allowed.</summary>
    Stale,

    /// <summary>Found, but the records do not fit into the buffer; nothing was copied.</summary>
    TooLarge,
}
