using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Corefile;

/// <summary>forward: which servers are asked when nothing here has the answer.</summary>
public sealed record ForwardConfig : DirectiveConfig
{
    /// <summary>CoreDNS's limit for the servers after the zone.</summary>
    public const int ToMaximum = 15;

    /// <summary>How long an idle connection stays open.</summary>
    public static readonly TimeSpan ExpireDefault = TimeSpan.FromSeconds(10);

    /// <summary>A server is down when more than this many probes have failed in a row.</summary>
    public const int MaxFailsDefault = 2;

    /// <summary>The zone that is forwarded.</summary>
    public string From { get; init; } = ".";

    /// <summary>The servers; files have been read and host names looked up. Empty only if
    /// <see cref="CorefileOptions.Lookup"/> is null and all servers are host names.</summary>
    public ImmutableArray<UpstreamAddress> To { get; init; } = [];

    /// <summary>The name of a headless Service over the pods behind <see cref="To"/>, which are then asked themselves; null
    /// to ask only the servers.</summary>
    public string? Endpoints { get; init; }

    /// <summary>The port at which those pods are asked; null for that of the first server.</summary>
    public int? EndpointsPort { get; init; }

    /// <summary>Subzones of <see cref="From"/> that are not forwarded.</summary>
    public ImmutableArray<string> Except { get; init; } = [];

    /// <summary>Use TCP, whatever the client used. Takes precedence over <see cref="PreferUdp"/>.</summary>
    public bool ForceTcp { get; init; }

    /// <summary>Use UDP, whatever the client used, and TCP after a truncated reply.</summary>
    public bool PreferUdp { get; init; }

    public TlsFilesConfig? Tls { get; init; }

    /// <summary>The name that the certificate of a tls:// server must have, unless the server has its own.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>How long to wait for a server's answer; null to wait until the query's deadline.</summary>
    public TimeSpan? ReadTimeout { get; init; }

    /// <summary>Zero: a server never counts as down.</summary>
    public int MaxFails { get; init; } = MaxFailsDefault;

    /// <summary>The most attempts for one query; null for twice the number of servers. Zero for no limit but the
    /// deadline.</summary>
    public int? MaxConnectAttempts { get; init; }

    public HealthCheckConfig HealthCheck { get; init; } = new();

    public TimeSpan Expire { get; init; } = ExpireDefault;

    /// <summary>The age from which a connection takes no more queries; null for the pool's default. Zero for no
    /// limit.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Idle connections to keep for each server and worker; zero for no limit.</summary>
    public int MaxIdleConns { get; init; }

    public ForwardPolicy Policy { get; init; } = ForwardPolicy.Random;

    /// <summary>The most pending queries. Further ones get REFUSED. Zero for no limit.</summary>
    public int MaxConcurrent { get; init; }

    /// <summary>After these rcodes the block's next forward is asked.</summary>
    public ImmutableArray<ushort> Next { get; init; } = [];

    /// <summary>After NOERROR without records the next forward is asked too.</summary>
    public bool NextOnNodata { get; init; }

    /// <summary>After these rcodes another server of this forward is asked. Never contains NOERROR.</summary>
    public ImmutableArray<ushort> Failover { get; init; } = [];

    /// <summary>When all servers are down, reply SERVFAIL at once instead of trying one at random.</summary>
    public bool FailfastAllUnhealthy { get; init; }

    /// <summary>The source address of queries; null to let the kernel choose.</summary>
    public IPAddress? SourceAddress { get; init; }
}

/// <summary>health_check: how a server that has failed is probed.</summary>
public sealed record HealthCheckConfig
{
    public static readonly TimeSpan IntervalDefault = TimeSpan.FromMilliseconds(500);

    public TimeSpan Interval { get; init; } = IntervalDefault;

    /// <summary>False with no_rec.</summary>
    public bool RecursionDesired { get; init; } = true;

    /// <summary>The name whose NS records are asked for.</summary>
    public string Domain { get; init; } = ".";
}

/// <summary>tls CERT KEY CA: null when not given. Without a CA the machine's roots are trusted.</summary>
public sealed record TlsFilesConfig(string? CertificateFile, string? KeyFile, string? CaFile);

public enum ForwardPolicy
{
    Random,
    RoundRobin,
    Sequential,
}
