using System.Net;

namespace NodeDns.Guard.Node;

/// <summary>The fixed settings of the node's set-up; <see cref="DesiredNode"/> is what changes.</summary>
internal sealed record NodeOptions
{
    /// <summary>null when another program owns link and addresses.</summary>
    public required string? InterfaceName { get; init; }

    public required int DnsPort { get; init; }

    public required RulesMode Rules { get; init; }

    public required HostAcceptMode HostAccept { get; init; }

    public required ExitMode ExitMode { get; init; }

    public required IReadOnlyList<IPEndPoint> ClusterDns { get; init; }

    public required IReadOnlyList<IPEndPoint> FlipTo { get; init; }

    public required TimeSpan FlipFor { get; init; }

    public required string ProbeName { get; init; }
}

/// <summary>How DNS to and from the local addresses bypasses conntrack.</summary>
public enum RulesMode
{
    /// <summary>nf_tables, or iptables where the kernel has no nf_tables.</summary>
    Auto,
    Nftables,
    Iptables,
    Off,
}

/// <summary>Whether to keep ACCEPT rules in the host's own INPUT and OUTPUT chains.</summary>
public enum HostAcceptMode
{
    /// <summary>Keep node-cache's rules if there are any, but add none.</summary>
    Auto,
    On,
    Off,
}

/// <summary>What a guard leaves behind when it stops and no successor takes over.</summary>
public enum ExitMode
{
    /// <summary><see cref="Flip"/> where endpoints of cluster DNS are known and the rules are nf_tables,
    /// <see cref="Refuse"/> otherwise.</summary>
    Auto,

    /// <summary>The addresses stay, and queries to them are refused, so that clients use their next nameserver at
    /// once.</summary>
    Refuse,

    /// <summary>The kernel redirects clients to cluster DNS for a while, and refuses after that.</summary>
    Flip,

    /// <summary>Link, addresses and rules are removed.</summary>
    Teardown,
}
