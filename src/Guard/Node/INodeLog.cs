namespace NodeDns.Guard.Node;

/// <summary>Who is told what happens on the node.</summary>
internal interface INodeLog
{
    /// <summary>Something was made what it should be, in words.</summary>
    void Changed(string change);

    /// <summary>A part cannot be made what it should be.</summary>
    void Failed(NodePart part, NodeFailure failure, string message);

    /// <summary>A part that failed is in order.</summary>
    void InOrderAgain(NodePart part);

    /// <summary>A part took so long that somebody must hold a lock of the kernel.</summary>
    void Slow(NodePart part, long milliseconds);
}

/// <summary>The parts of the set-up; each fails alone.</summary>
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
    /// <summary>As the message says.</summary>
    Other,

    /// <summary>CAP_NET_ADMIN is missing.</summary>
    Capability,

    /// <summary>Another iptables held the lock.</summary>
    Lock,
}
