using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>What stands for the __PILLAR__ variables of the official manifest at run time.</summary>
public sealed record PillarValues
{
    /// <summary>__PILLAR__LOCAL__DNS__: every local address. Empty: the variable stays, and is an error.</summary>
    public ImmutableArray<string> LocalAddresses { get; init; } = [];

    /// <summary>__PILLAR__CLUSTER__DNS__: the address of the cluster's own DNS.</summary>
    public string? ClusterDns { get; init; }

    /// <summary>__PILLAR__DNS__DOMAIN__: the cluster's domain.</summary>
    public string? ClusterDomain { get; init; }

    /// <summary>__PILLAR__DNS__SERVER__: the kube-dns address that is bound too; left over, it becomes nothing.</summary>
    public string? DnsServer { get; init; }

    /// <summary>__PILLAR__UPSTREAM__SERVERS__: the ConfigMap's upstreamNameservers. Empty: /etc/resolv.conf.</summary>
    public ImmutableArray<string> UpstreamServers { get; init; } = [];

    /// <summary>__PROMETHEUS__ENDPOINT__.</summary>
    public string? PrometheusEndpoint { get; init; }
}
