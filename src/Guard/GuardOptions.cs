using System.Net;
using NodeDns.Linux.Handover;
using NodeDns.Telemetry;

namespace NodeDns.Guard;

/// <summary>What a guard was told on its command line, validated. docs/guard.md has the table.</summary>
public sealed record GuardOptions
{
    public required IReadOnlyList<IPAddress> Addresses { get; init; }
    public required string HandoverPath { get; init; }
    public required IReadOnlyList<IPEndPoint> ClusterDns { get; init; }
    public string? TakeoverPath { get; init; }
    public int DnsPort { get; init; } = 53;
    public int Workers { get; init; } = Environment.ProcessorCount;
    public IReadOnlyList<IPAddress> Intercepted { get; init; } = [];

    /// <summary>null: another program owns link and addresses.</summary>
    public string? InterfaceName { get; init; } = "nodelocaldns";
    public RulesMode Rules { get; init; }
    public HostAcceptMode HostAccept { get; init; }
    public ExitMode ExitMode { get; init; }
    public IReadOnlyList<IPEndPoint> FlipTo { get; init; } = [];
    public TimeSpan FlipFor { get; init; } = TimeSpan.FromMinutes(2);
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(20);
    public IPEndPoint? HealthListen { get; init; }
    public IPEndPoint? MetricsListen { get; init; }

    /// <summary>HTTPS for <see cref="MetricsListen"/>; null: plain HTTP.</summary>
    public HttpTlsOptions? MetricsTls { get; init; }
    public string ProbeName { get; init; } = "kubernetes.default.svc.cluster.local";

    /// <summary>Zero: never.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(5);
    public TimeSpan HangAfter { get; init; } = TimeSpan.FromMilliseconds(250);
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(10);
    public uint ServeUserId { get; init; } = 65534;

    /// <summary>The program and arguments of the cache to start as a child; null: it is another container's.</summary>
    public IReadOnlyList<string>? Spawn { get; init; }
    public int NewestVersion { get; init; } = HandoverVersion.Newest;

    /// <summary>Both kinds: everything the link carries.</summary>
    public IReadOnlyList<IPAddress> AllAddresses => [.. Addresses, .. Intercepted];
}

/// <summary>How DNS to the local addresses stays out of conntrack.</summary>
public enum RulesMode
{
    /// <summary>nf_tables; iptables where the kernel has none.</summary>
    Auto,
    Nftables,
    Iptables,
    Off,
}

/// <summary>ACCEPT rules in the host's own INPUT and OUTPUT chains.</summary>
public enum HostAcceptMode
{
    /// <summary>Keep those of node-cache where they are found, add none.</summary>
    Auto,
    On,
    Off,
}

/// <summary>What a stopped guard without a successor leaves behind.</summary>
public enum ExitMode
{
    /// <summary>The address stays and refuses: clients turn to their next nameserver at once.</summary>
    Refuse,

    /// <summary>The kernel sends clients on to cluster DNS for a while, then refuses.</summary>
    Flip,

    /// <summary>Link, addresses and rules are removed.</summary>
    Teardown,
}
