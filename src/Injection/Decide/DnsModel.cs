using System.Collections.Frozen;
using NodeDns.Addresses;

namespace NodeDns.Injection.Decide;

/// <summary>Whether cluster DNS stays in the pod's resolv.conf, after the local address.</summary>
public enum Fallback
{
    ClusterDns,
    None,
}

public static class Fallbacks
{
    /// <summary>The spelling in flags, annotations and the chart.</summary>
    public static string Name(this Fallback fallback) => fallback == Fallback.None ? "none" : "cluster-dns";
}

/// <summary>What the cluster is like and what the operator has configured: everything that a resolv.conf is composed
/// of, except the pod and its namespace.</summary>
public sealed record DnsModel
{
    /// <summary>The addresses of the node cache, which are written first. If empty, only searches and options are
    /// changed.</summary>
    public required AddressList LocalAddresses { get; init; }

    public required AddressList ClusterDns { get; init; }

    /// <summary>Empty when the cluster has no domain. As in kubelet, there are then no search domains derived from
    /// it.</summary>
    public required string ClusterDomain { get; init; }

    /// <summary>The second search domain: <c>svc.</c> and the cluster domain.</summary>
    public string ServiceDomain => field ??= "svc." + ClusterDomain;

    /// <summary>The node's search domains, which kubelet appends for ClusterFirst.</summary>
    public required IReadOnlyList<string> HostSearches { get; init; }

    public Fallback Fallback { get; init; }

    /// <summary>The operator's resolver options. They override kubelet's ndots:5 and are overridden by namespace and
    /// pod.</summary>
    public IReadOnlyList<ResolverOption> Options { get; init; } = [];

    public FrozenSet<string> AllowedOptions { get; init; } = KnownOptions.Names;

    public ApiLimits Limits { get; init; } = new();
}
