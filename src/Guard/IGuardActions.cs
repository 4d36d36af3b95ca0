namespace NodeDns.Guard;

/// <summary>What a <see cref="GuardMachine"/> can ask for. Results come back later as events, never within the
/// call.</summary>
internal interface IGuardActions
{
    /// <summary>State, trust or neighbours have changed: update sockets, relay, node and health.</summary>
    void Follow();

    /// <summary>Get the sockets: from a predecessor, from a cache that survived its guard, or new ones.</summary>
    void Claim();

    /// <summary>There is no predecessor, or it does not answer: get the sockets without it.</summary>
    void ClaimAlone();

    /// <summary>Tell the old pod's guard that this pod's cache serves.</summary>
    void RelievePredecessor();

    /// <summary>Give the node back to the old pod's guard, which takes over as soon as the channel closes.</summary>
    void ReturnToPredecessor();

    /// <summary>Tell the cache to stop reading and to finish what it has read.</summary>
    void DrainCache();

    /// <summary>Tell the cache to read again.</summary>
    void ResumeCache();

    /// <summary>Call <see cref="GuardMachine.TryAgain"/> after a while; longer each time.</summary>
    void DistrustForAWhile();

    /// <summary>A successor has taken the sockets but its cache is not ready yet: wait for it, up to
    /// --linger.</summary>
    void Linger();

    /// <summary>Nobody has taken over: do what the exit mode says, wait for the last replies, then end.</summary>
    void Leave();

    /// <summary>Another guard owns the node: wait for the last replies, then end.</summary>
    void End();
}
