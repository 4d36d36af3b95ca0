using System.Collections.Immutable;

namespace NodeDns.Cache.Serve;

/// <summary>The command line of `serve`. docs/serve.md describes the flags.</summary>
internal sealed record ServeOptions
{
    /// <summary>The default budget. In a pod with 64 MiB it leaves room for the program and its sockets.</summary>
    public const long MemoryDefault = 32L << 20;

    public const int MaxWakeUpsDefault = 10_000;

    public required string ConfigFile { get; init; }

    public int DnsPort { get; init; } = 53;

    /// <summary>The memory budget of the store, in octets.</summary>
    public long MemoryBytes { get; init; } = MemoryDefault;

    /// <summary>null when there is no kube-dns ConfigMap.</summary>
    public string? KubeDnsDirectory { get; init; }

    /// <summary>The guard's Unix socket; null when this process opens the listening sockets itself.</summary>
    public string? HandoverSocket { get; init; }

    /// <summary>The Unix socket for readers of the tap; null for none.</summary>
    public string? TapSocket { get; init; }

    /// <summary>Counts the clients that ask most, by their addresses.</summary>
    public bool ClientMetrics { get; init; } = true;

    /// <summary>0 to derive the number from the container's CPU limit.</summary>
    public int Workers { get; init; }

    /// <summary>How often a worker may wake up in a second, on average, while processor time is scarce; 0 for no
    /// limit.</summary>
    public int MaxWakeUps { get; init; } = MaxWakeUpsDefault;

    /// <summary>The value of __PILLAR__LOCAL__DNS__.</summary>
    public ImmutableArray<string> LocalAddresses { get; init; } = [];

    /// <summary>The value of __PILLAR__CLUSTER__DNS__.</summary>
    public string? ClusterDns { get; init; }

    /// <summary>The value of __PILLAR__DNS__DOMAIN__.</summary>
    public string? ClusterDomain { get; init; }

    /// <summary>The value of __PILLAR__DNS__SERVER__.</summary>
    public string? DnsServer { get; init; }

    /// <summary>The value of __PROMETHEUS__ENDPOINT__.</summary>
    public string? PrometheusEndpoint { get; init; }
}
