namespace NodeDns.Guard;

/// <summary>The states of a <see cref="Guard"/>.</summary>
internal enum GuardState
{
    /// <summary>The guard is getting its sockets.</summary>
    Claiming,

    /// <summary>The guard holds the sockets and is responsible for the node.</summary>
    Guarding,

    /// <summary>Another pod's cache serves from the same sockets.</summary>
    Relieved,

    /// <summary>The guard was told to stop. It relays until a successor has taken over, or until what was asked is
    /// answered.</summary>
    Stopping,
}
