namespace NodeDns.Guard;

/// <summary>What a <see cref="GuardMachine"/> has done for it. Whatever happens as a consequence comes back as an
/// event, never within the call.</summary>
internal interface IGuardActions
{
    /// <summary>State, trust or neighbours have changed: sockets, relay, node, health are made to follow.</summary>
    void Follow();

    /// <summary>Get hold of sockets: a predecessor's, those of a cache that outlived its guard, or new ones.</summary>
    void Claim();

    /// <summary>The old pod's guard is none, or does not answer: the same without it.</summary>
    void ClaimAlone();

    /// <summary>Tell the old pod's guard that the cache here serves.</summary>
    void RelievePredecessor();

    /// <summary>Leave the node to the old pod's guard: it guards again as soon as its channel closes.</summary>
    void ReturnToPredecessor();

    /// <summary>The cache is to stop reading, and to finish what it has read.</summary>
    void DrainCache();

    /// <summary>The cache is to read again.</summary>
    void ResumeCache();

    /// <summary>Tell of <see cref="GuardMachine.TryAgain"/> in a while, longer each time.</summary>
    void DistrustForAWhile();

    /// <summary>A successor has taken the sockets and its cache is not ready yet: wait for it, but not for ever.</summary>
    void Linger();

    /// <summary>Nobody has taken over: do what the exit mode says, let the last replies pass, end.</summary>
    void Leave();

    /// <summary>Another guard has the node: let the last replies pass, end.</summary>
    void End();
}
