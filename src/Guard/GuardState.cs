namespace NodeDns.Guard;

/// <summary>Where a <see cref="Guard"/> is in its life.</summary>
internal enum GuardState
{
    /// <summary>Getting hold of the sockets.</summary>
    Claiming,

    /// <summary>It holds the sockets and answers for them.</summary>
    Guarding,

    /// <summary>A successor's cache serves from the same sockets.</summary>
    Relieved,

    /// <summary>Told to stop; relays until a successor has taken over or what has been asked is answered.</summary>
    Stopping,
}
