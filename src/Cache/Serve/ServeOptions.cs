using System.Collections.Immutable;

namespace NodeDns.Cache.Serve;

/// <summary>What `serve`'s command line says. Flags and their meaning: docs/serve.md.</summary>
internal sealed record ServeOptions
{
    /// <summary>Fits a pod of 64 MiB beside the program itself and its sockets.</summary>
    public const long MemoryDefault = 32L << 20;

    public const int MaxWakeUpsDefault = 10_000;

    public required string ConfigFile { get; init; }

    public int DnsPort { get; init; } = 53;

    /// <summary>The store's budget, in octets.</summary>
    public long MemoryBytes { get; init; } = MemoryDefault;

    /// <summary>Null: no kube-dns ConfigMap.</summary>
    public string? KubeDnsDirectory { get; init; }

    /// <summary>The guard's Unix socket; null: open the listening sockets ourselves.</summary>
    public string? HandoverSocket { get; init; }

    /// <summary>0: from the container's CPU limit.</summary>
    public int Workers { get; init; }

    /// <summary>How often a worker may wake up in a second, in the mean; 0: no limit.</summary>
    public int MaxWakeUps { get; init; } = MaxWakeUpsDefault;

    /// <summary>For __PILLAR__LOCAL__DNS__.</summary>
    public ImmutableArray<string> LocalAddresses { get; init; } = [];

    /// <summary>For __PILLAR__CLUSTER__DNS__.</summary>
    public string? ClusterDns { get; init; }

    /// <summary>For __PILLAR__DNS__DOMAIN__.</summary>
    public string? ClusterDomain { get; init; }

    /// <summary>For __PILLAR__DNS__SERVER__.</summary>
    public string? DnsServer { get; init; }

    /// <summary>For __PROMETHEUS__ENDPOINT__.</summary>
    public string? PrometheusEndpoint { get; init; }
}
