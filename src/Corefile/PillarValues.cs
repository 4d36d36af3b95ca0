using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>The values of the official manifest's __PILLAR__ variables at run time.</summary>
public sealed record PillarValues
{
    /// <summary>__PILLAR__LOCAL__DNS__: all local addresses. If empty, the variable is not replaced, and is reported as
    /// an error.</summary>
    public ImmutableArray<string> LocalAddresses { get; init; } = [];

    /// <summary>__PILLAR__CLUSTER__DNS__: the address of cluster DNS.</summary>
    public string? ClusterDns { get; init; }

    /// <summary>__PILLAR__DNS__DOMAIN__: the cluster's domain.</summary>
    public string? ClusterDomain { get; init; }

    /// <summary>__PILLAR__DNS__SERVER__: the kube-dns address that is also bound. If it is not set, the variable is
    /// removed.</summary>
    public string? DnsServer { get; init; }

    /// <summary>__PILLAR__UPSTREAM__SERVERS__: the ConfigMap's upstreamNameservers. If empty,
    /// /etc/resolv.conf.</summary>
    public ImmutableArray<string> UpstreamServers { get; init; } = [];

    /// <summary>__PROMETHEUS__ENDPOINT__.</summary>
    public string? PrometheusEndpoint { get; init; }
}
