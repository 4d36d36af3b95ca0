namespace NodeDns.Guard.Node;

/// <summary>Receives reports about the node's set-up.</summary>
internal interface INodeLog
{
    /// <summary>Something on the node was changed.</summary>
    void Changed(string change);

    /// <summary>A part of the set-up failed.</summary>
    void Failed(NodePart part, NodeFailure failure, string message);

    /// <summary>A part that had failed works again.</summary>
    void InOrderAgain(NodePart part);

    /// <summary>A part took so long that it must have waited for a kernel lock.</summary>
    void Slow(NodePart part, long milliseconds);
}

/// <summary>The parts of the set-up. One that fails does not stop the others.</summary>
internal enum NodePart
{
    Link,
    AddressElsewhere,
    Rules,
    HostAccept,
    Leftovers,
    Sysctl,
    Flip,
}

/// <summary>Why a part failed.</summary>
internal enum NodeFailure
{
    /// <summary>Any other reason; the message tells.</summary>
    Other,

    /// <summary>CAP_NET_ADMIN is missing.</summary>
    Capability,

    /// <summary>Another iptables process held the lock.</summary>
    Lock,
}
