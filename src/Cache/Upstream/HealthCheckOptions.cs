namespace NodeDns.Cache.Upstream;

/// <summary><c>health_check DURATION [no_rec] [domain FQDN]</c>: how to probe a server that has failed.</summary>
internal sealed record HealthCheckOptions
{
    /// <summary>CoreDNS's default. Short enough that a restarted server is used again before a client's first
    /// retry.</summary>
    public static readonly TimeSpan IntervalDefault = TimeSpan.FromMilliseconds(500);

    /// <summary>More frequent probes would be a load of their own. CoreDNS has no lower limit and probes without pause
    /// at 0.</summary>
    public static readonly TimeSpan IntervalMinimum = TimeSpan.FromMilliseconds(10);

    /// <summary>How long a probe waits for a reply; the same as in CoreDNS.</summary>
    public static readonly TimeSpan TimeoutDefault = TimeSpan.FromSeconds(1);

    /// <summary>The time between the starts of two probes of a server.</summary>
    public TimeSpan Interval { get; init; } = IntervalDefault;

    public TimeSpan Timeout { get; init; } = TimeoutDefault;

    /// <summary>The RD bit of the probe, which <c>no_rec</c> clears.</summary>
    public bool RecursionDesired { get; init; } = true;

    /// <summary>The name whose NS records are asked for. Any reply counts as healthy.</summary>
    public string Domain { get; init; } = ".";
}
