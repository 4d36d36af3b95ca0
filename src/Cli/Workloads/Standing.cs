namespace NodeDns.Cli.Workloads;

/// <summary>The state of a pod.</summary>
internal enum Standing
{
    /// <summary>Its first nameserver is the node cache.</summary>
    OnCache,

    /// <summary>It would use the cache if it were recreated.</summary>
    Pending,

    /// <summary>It does not use the cache, and would not if it were recreated.</summary>
    Skipped,

    /// <summary>It uses the cache, and would not if it were recreated.</summary>
    Returning,
}
