using System.Net;

namespace NodeDns.Guard.Node;

/// <summary>How the node is set up, whatever is desired at the moment.</summary>
internal sealed record NodeOptions
{
    /// <summary>null: another program owns link and addresses.</summary>
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

/// <summary>How DNS to the local addresses stays out of conntrack.</summary>
public enum RulesMode
{
    /// <summary>nf_tables; iptables where the kernel has none.</summary>
    Auto,
    Nftables,
    Iptables,
    Off,
}

/// <summary>ACCEPT rules in the host's own INPUT and OUTPUT chains.</summary>
public enum HostAcceptMode
{
    /// <summary>Keep those of node-cache where they are found, add none.</summary>
    Auto,
    On,
    Off,
}

/// <summary>What a stopped guard without a successor leaves behind.</summary>
public enum ExitMode
{
    /// <summary>Flip where endpoints of cluster DNS are known, refuse otherwise.</summary>
    Auto,

    /// <summary>The address stays and refuses: clients turn to their next nameserver at once.</summary>
    Refuse,

    /// <summary>The kernel sends clients on to cluster DNS for a while, then refuses.</summary>
    Flip,

    /// <summary>Link, addresses and rules are removed.</summary>
    Teardown,
}
