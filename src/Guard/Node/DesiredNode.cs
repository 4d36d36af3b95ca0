using System.Net;

namespace NodeDns.Guard.Node;

/// <summary>What should be on the node now.</summary>
internal sealed record DesiredNode
{
    /// <summary>On the link, and configured.</summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    /// <summary>Of these, ClusterIPs: the next guard must know that they belong to kube-proxy.</summary>
    public required IReadOnlyList<IPAddress> Intercepted { get; init; }

    /// <summary>On the link, no longer configured, and still relayed.</summary>
    public IReadOnlyList<IPAddress> Leaving { get; init; } = [];

    /// <summary>No longer wanted, and asked by nobody: to be removed.</summary>
    public IReadOnlyList<IPAddress> Gone { get; init; } = [];

    /// <summary>Lookups at these are answered here, and stay out of conntrack.</summary>
    public required IReadOnlyList<IPAddress> Serving { get; init; }

    /// <summary>Another program, node-cache, still serves at our addresses: its link and rules are left alone.</summary>
    public bool IsShared { get; init; }

    /// <summary>Replies leave from these, and stay out of conntrack.</summary>
    public IReadOnlyList<IPAddress> Answering => [.. Addresses, .. Leaving];
}

/// <summary>An address that a guard has put on the link, and that is not configured now.</summary>
internal readonly record struct UnwantedAddress(IPAddress Address, bool WasIntercepted);

/// <summary>A configured address that this node cannot carry, and why.</summary>
internal readonly record struct AbsentAddress(IPAddress Address, string Problem);

/// <summary>What was found beside what is desired.</summary>
/// <param name="Unwanted">Nothing was done about them.</param>
/// <param name="Absent">Those that could not be put there.</param>
internal sealed record NodeReport(IReadOnlyList<UnwantedAddress> Unwanted, IReadOnlyList<AbsentAddress> Absent);
