using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Corefile;

/// <summary>forward: where questions go that nothing here answers.</summary>
public sealed record ForwardConfig : DirectiveConfig
{
    /// <summary>CoreDNS's bound on the addresses written after the zone.</summary>
    public const int ToMaximum = 15;

    /// <summary>Idle connections are closed after this.</summary>
    public static readonly TimeSpan ExpireDefault = TimeSpan.FromSeconds(10);

    /// <summary>More failed probes than this and an upstream is down.</summary>
    public const int MaxFailsDefault = 2;

    /// <summary>The zone asked there.</summary>
    public string From { get; init; } = ".";

    /// <summary>Files have been read and host names looked up. Empty only where <see cref="CorefileOptions.Lookup"/> is
    /// null and every server was written as a name.</summary>
    public ImmutableArray<UpstreamAddress> To { get; init; } = [];

    /// <summary>Zones within <see cref="From"/> that are not asked there.</summary>
    public ImmutableArray<string> Except { get; init; } = [];

    /// <summary>TCP whatever the client used; wins over <see cref="PreferUdp"/>.</summary>
    public bool ForceTcp { get; init; }

    /// <summary>UDP whatever the client used, TCP after a truncated reply.</summary>
    public bool PreferUdp { get; init; }

    public TlsFilesConfig? Tls { get; init; }

    /// <summary>The name checked in a tls:// upstream's certificate, for those without a name of their own.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>What an upstream's answer is waited for. Null: until the question's deadline.</summary>
    public TimeSpan? ReadTimeout { get; init; }

    /// <summary>Zero: an upstream is never taken for down.</summary>
    public int MaxFails { get; init; } = MaxFailsDefault;

    /// <summary>Connections tried for one question. Null: twice the number of upstreams. Zero: no limit but time.</summary>
    public int? MaxConnectAttempts { get; init; }

    public HealthCheckConfig HealthCheck { get; init; } = new();

    public TimeSpan Expire { get; init; } = ExpireDefault;

    /// <summary>Age at which a connection is not used again. Null: the pool's default. Zero: no limit.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Idle connections kept for each upstream and protocol. Zero: no limit.</summary>
    public int MaxIdleConns { get; init; }

    public ForwardPolicy Policy { get; init; } = ForwardPolicy.Random;

    /// <summary>Questions under way at once; more get REFUSED. Zero: no limit.</summary>
    public int MaxConcurrent { get; init; }

    /// <summary>Rcodes after which the next forward of the block is asked.</summary>
    public ImmutableArray<ushort> Next { get; init; } = [];

    /// <summary>NOERROR without records also moves on to the next forward.</summary>
    public bool NextOnNodata { get; init; }

    /// <summary>Rcodes after which another upstream of this forward is asked. Never holds NOERROR.</summary>
    public ImmutableArray<ushort> Failover { get; init; } = [];

    /// <summary>With every upstream down: SERVFAIL at once rather than a random one.</summary>
    public bool FailfastAllUnhealthy { get; init; }

    /// <summary>The address questions are sent from. Null: the kernel's choice.</summary>
    public IPAddress? SourceAddress { get; init; }
}

/// <summary>health_check: how an upstream that failed is probed.</summary>
public sealed record HealthCheckConfig
{
    public static readonly TimeSpan IntervalDefault = TimeSpan.FromMilliseconds(500);

    public TimeSpan Interval { get; init; } = IntervalDefault;

    /// <summary>False after no_rec.</summary>
    public bool RecursionDesired { get; init; } = true;

    /// <summary>The name whose NS records are asked for.</summary>
    public string Domain { get; init; } = ".";
}

/// <summary>tls CERT KEY CA: null means not given. Without a CA the machine's own roots are trusted.</summary>
public sealed record TlsFilesConfig(string? CertificateFile, string? KeyFile, string? CaFile);

public enum ForwardPolicy
{
    Random,
    RoundRobin,
    Sequential,
}
