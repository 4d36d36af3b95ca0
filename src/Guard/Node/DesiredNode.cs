using System.Net;

namespace NodeDns.Guard.Node;

/// <summary>What should be on the node now.</summary>
internal sealed record DesiredNode
{
    /// <summary>The configured addresses, which are on the link.</summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    /// <summary>Those of <see cref="Answering"/> that are ClusterIPs. The link's alias records them, so that the next
    /// guard knows that they belong to kube-proxy.</summary>
    public required IReadOnlyList<IPAddress> Intercepted { get; init; }

    /// <summary>Addresses on the link that are no longer configured and still relayed.</summary>
    public IReadOnlyList<IPAddress> Leaving { get; init; } = [];

    /// <summary>Addresses to remove: no longer configured, and nobody asks them any more.</summary>
    public IReadOnlyList<IPAddress> Gone { get; init; } = [];

    /// <summary>Addresses at which queries are answered here. These queries bypass conntrack.</summary>
    public required IReadOnlyList<IPAddress> Serving { get; init; }

    /// <summary>Another program, such as node-cache, still serves at our addresses. Its link and rules are left
    /// alone.</summary>
    public bool IsShared { get; init; }

    /// <summary>Addresses that replies leave from. These replies bypass conntrack.</summary>
    public IReadOnlyList<IPAddress> Answering => [.. Addresses, .. Leaving];
}

/// <summary>An address that a guard has put on the link and that is no longer configured.</summary>
internal readonly record struct UnwantedAddress(IPAddress Address, bool WasIntercepted);

/// <summary>A configured address that this node cannot carry, and why.</summary>
internal readonly record struct AbsentAddress(IPAddress Address, string Problem);

/// <summary>What was found on the node that is not as desired.</summary>
internal sealed record NodeReport
{
    /// <summary>Addresses that were found and left unchanged, each once.</summary>
    public List<UnwantedAddress> Unwanted { get; } = [];

    /// <summary>Configured addresses that could not be added.</summary>
    public List<AbsentAddress> Absent { get; } = [];

    /// <summary>A change is not complete, because the kernel has not finished its part. The check has to be repeated
    /// soon.</summary>
    public bool IsUnfinished { get; set; }

    /// <summary>Adds the unwanted addresses of one link. If another link has the same address, it was intercepted if
    /// either link says so.</summary>
    public void Found(IEnumerable<IPAddress> unwanted, IReadOnlySet<IPAddress> intercepted)
    {
        foreach (var address in unwanted)
        {
            var wasIntercepted = intercepted.Contains(address) || Unwanted.Exists(u => u.Address.Equals(address) && u.WasIntercepted);
            Unwanted.RemoveAll(u => u.Address.Equals(address));
            Unwanted.Add(new UnwantedAddress(address, wasIntercepted));
        }
    }
}
