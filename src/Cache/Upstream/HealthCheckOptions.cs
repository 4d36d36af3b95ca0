namespace NodeDns.Cache.Upstream;

/// <summary><c>health_check DURATION [no_rec] [domain FQDN]</c>: how a server that failed is asked whether it is
/// back.</summary>
internal sealed record HealthCheckOptions
{
    /// <summary>CoreDNS's default: fast enough that a restarted server is used again within a client's first
    /// retry.</summary>
    public static readonly TimeSpan IntervalDefault = TimeSpan.FromMilliseconds(500);

    /// <summary>Below this, probing a dead server becomes load of its own; CoreDNS has no bound and spins at
    /// 0.</summary>
    public static readonly TimeSpan IntervalMinimum = TimeSpan.FromMilliseconds(10);

    /// <summary>How long a probe waits for any reply; CoreDNS's figure.</summary>
    public static readonly TimeSpan TimeoutDefault = TimeSpan.FromSeconds(1);

    /// <summary>Time between the starts of two probes of one server.</summary>
    public TimeSpan Interval { get; init; } = IntervalDefault;

    public TimeSpan Timeout { get; init; } = TimeoutDefault;

    /// <summary>The RD bit of the probe; <c>no_rec</c> clears it.</summary>
    public bool RecursionDesired { get; init; } = true;

    /// <summary>The name whose NS records are asked for; any reply at all counts as healthy.</summary>
    public string Domain { get; init; } = ".";
}
