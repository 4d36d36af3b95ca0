namespace NodeDns.Cli.Workloads;

/// <summary>Where a pod stands in the move.</summary>
internal enum Standing
{
    /// <summary>Its first nameserver is the node cache.</summary>
    OnCache,

    /// <summary>Created anew, it would be on the cache.</summary>
    Pending,

    /// <summary>It stays off, for a reason.</summary>
    Skipped,

    /// <summary>It is on the cache, and created anew it would not be.</summary>
    Returning,
}
