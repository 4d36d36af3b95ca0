using System.Collections.Frozen;

namespace NodeDns.Injection.Decide;

/// <summary>Whether cluster DNS stays in the pod's resolv.conf behind the local address.</summary>
public enum Fallback
{
    ClusterDns,
    None,
}

public static class Fallbacks
{
    /// <summary>As flag, annotation and chart spell it.</summary>
    public static string Name(this Fallback fallback) => fallback == Fallback.None ? "none" : "cluster-dns";
}

/// <summary>What the cluster is like and what the operator asked for: everything that a resolv.conf is composed of,
/// apart from the pod and its namespace.</summary>
public sealed record DnsModel
{
    /// <summary>The node cache, written first. Empty: only searches and options change.</summary>
    public required IReadOnlyList<string> LocalAddresses { get; init; }

    public required IReadOnlyList<string> ClusterDns { get; init; }

    /// <summary>Empty when the cluster has none; then no search domain is derived from it, as in kubelet.</summary>
    public required string ClusterDomain { get; init; }

    /// <summary>The second search domain, <c>svc.</c> and the cluster domain.</summary>
    public string ServiceDomain => field ??= "svc." + ClusterDomain;

    /// <summary>The node's own search domains, which kubelet appends for ClusterFirst.</summary>
    public required IReadOnlyList<string> HostSearches { get; init; }

    public Fallback Fallback { get; init; }

    /// <summary>The operator's resolver options, above kubelet's ndots:5 and below namespace and pod.</summary>
    public IReadOnlyList<ResolverOption> Options { get; init; } = [];

    public FrozenSet<string> AllowedOptions { get; init; } = KnownOptions.Names;

    public ApiLimits Limits { get; init; } = new();
}
