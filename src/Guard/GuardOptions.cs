using System.Net;
using NodeDns.Guard.KernelAnswers;
using NodeDns.Guard.Node;
using NodeDns.Linux.Handover;
using NodeDns.Telemetry;

namespace NodeDns.Guard;

/// <summary>The validated command line of a guard. docs/guard.md has the table of options.</summary>
public sealed record GuardOptions
{
    public required IReadOnlyList<IPAddress> Addresses { get; init; }
    public required string HandoverPath { get; init; }
    public required IReadOnlyList<IPEndPoint> ClusterDns { get; init; }
    public string? TakeoverPath { get; init; }

    /// <summary>The Unix socket for readers of relayed lookups; null for none.</summary>
    public string? TapPath { get; init; }

    public int DnsPort { get; init; } = 53;

    /// <summary>Ports at which a cache may have sockets, besides <see cref="DnsPort"/>.</summary>
    public IReadOnlyList<int> AllowedPorts { get; init; } = [];

    public int Workers { get; init; } = Environment.ProcessorCount;
    public IReadOnlyList<IPAddress> Intercepted { get; init; } = [];

    /// <summary>null when another program owns link and addresses.</summary>
    public string? InterfaceName { get; init; } = "nodelocaldns";
    public RulesMode Rules { get; init; }

    /// <summary>Whether, and where, hot names are answered in the kernel.</summary>
    public KernelAnswersMode KernelAnswers { get; init; }
    public HostAcceptMode HostAccept { get; init; }
    public ExitMode ExitMode { get; init; }
    public IReadOnlyList<IPEndPoint> FlipTo { get; init; } = [];
    public TimeSpan FlipFor { get; init; } = TimeSpan.FromMinutes(2);
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(20);
    public IPEndPoint? HealthListen { get; init; }
    public IPEndPoint? MetricsListen { get; init; }

    /// <summary>HTTPS settings of <see cref="MetricsListen"/>; null for plain HTTP.</summary>
    public HttpTlsOptions? MetricsTls { get; init; }
    public string ProbeName { get; init; } = "kubernetes.default.svc.cluster.local";

    /// <summary>Zero for no probes.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(5);
    public TimeSpan HangAfter { get; init; } = TimeSpan.FromMilliseconds(250);
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an address that is no longer configured must go unasked before the guard stops relaying
    /// it.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromHours(1);

    public uint ServeUserId { get; init; } = 65534;

    /// <summary>The program and arguments of the cache to start as a child; null when the cache runs in another
    /// container.</summary>
    public IReadOnlyList<string>? Spawn { get; init; }
    public int NewestVersion { get; init; } = HandoverVersion.Newest;

    /// <summary>All addresses on the link, local and intercepted.</summary>
    public IReadOnlyList<IPAddress> AllAddresses => [.. Addresses, .. Intercepted];
}
