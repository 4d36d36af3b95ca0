using System.Net;
using NodeDns.Guard.Node;
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

    /// <summary>At which a cache may have sockets, beside <see cref="DnsPort"/>.</summary>
    public IReadOnlyList<int> AllowedPorts { get; init; } = [];

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

    /// <summary>An address that is no longer configured is relayed until nobody has asked it for so long.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromHours(1);

    public uint ServeUserId { get; init; } = 65534;

    /// <summary>The program and arguments of the cache to start as a child; null: it is another container's.</summary>
    public IReadOnlyList<string>? Spawn { get; init; }
    public int NewestVersion { get; init; } = HandoverVersion.Newest;

    /// <summary>Both kinds: everything the link carries.</summary>
    public IReadOnlyList<IPAddress> AllAddresses => [.. Addresses, .. Intercepted];
}
