namespace NodeDns.Linux.Handover;

/// <summary>What a hand-over message says. A receiver ignores kinds it does not know; numbers are never
/// reused.</summary>
public enum HandoverKind : ushort
{
    /// <summary>First message of either side that connects: role, versions, workers, endpoints wanted or
    /// held.</summary>
    Hello = 1,

    /// <summary>Guard: listening sockets, as descriptors, in the order of the Socket fields. May come in
    /// parts.</summary>
    Sockets = 2,

    /// <summary>Guard: no, and why. The connection is closed after it.</summary>
    Refused = 3,

    /// <summary>Cache: the configuration is loaded and every socket is being read.</summary>
    Ready = 4,

    /// <summary>Cache, every 50 ms: each worker's loop turns so far.</summary>
    Heartbeat = 5,

    /// <summary>Cache: about to stop by its own will (SIGTERM); it has stopped reading.</summary>
    Leaving = 6,

    /// <summary>Guard: stop reading, finish what has been read and accepted, stay.</summary>
    Drain = 7,

    /// <summary>Cache: nothing is left to finish.</summary>
    Drained = 8,

    /// <summary>Guard: read again.</summary>
    Resume = 9,

    /// <summary>Guard, version 2: write your entries into an anonymous file and send it.</summary>
    Export = 10,

    /// <summary>Version 2: one descriptor, an anonymous file of cache entries, opaque to the guard.</summary>
    Entries = 11,

    /// <summary>Guard: the sockets you hold are wanted.</summary>
    AskOffer = 12,

    /// <summary>Cache: the sockets it holds; as <see cref="Sockets"/>.</summary>
    Offer = 13,

    /// <summary>New guard to old: mine serves now, let yours finish.</summary>
    Relieve = 14,

    /// <summary>Cache: open these endpoints too; answered by <see cref="Sockets"/> with only the new ones.</summary>
    Want = 15,

    /// <summary>Anyone that may take sockets: does the node get its answers from your cache?</summary>
    AskReadiness = 16,

    /// <summary>Guard: it does, or the Reason why not.</summary>
    Readiness = 17,

    /// <summary>Cache, once a connection: one descriptor, the anonymous file of its open queries (OpenQueryFile).
    /// </summary>
    OpenQueries = 18,
}

/// <summary>What a field of a hand-over message holds. A receiver ignores tags it does not know.</summary>
public enum HandoverTag : ushort
{
    /// <summary>Text: "cache" or "guard".</summary>
    Role = 1,

    /// <summary>Number: the newest protocol version the sender speaks.</summary>
    NewestVersion = 2,

    /// <summary>Number: the oldest protocol version the sender speaks.</summary>
    OldestVersion = 3,

    /// <summary>Text: the sender's program version, for logs.</summary>
    Program = 4,

    /// <summary>Number of workers.</summary>
    Workers = 5,

    /// <summary>Text, repeated: an endpoint wanted, "udp 169.254.20.10:53".</summary>
    EndPoint = 6,

    /// <summary>Number of sockets the sender already holds.</summary>
    Held = 7,

    /// <summary>Text, repeated, one per descriptor: worker and endpoint, "0 udp 169.254.20.10:53".</summary>
    Socket = 8,

    /// <summary>Number: 1 when another part follows.</summary>
    More = 9,

    /// <summary>Text for a human.</summary>
    Reason = 10,

    /// <summary>Number, repeated in the order of workers: loop turns.</summary>
    Turns = 11,
}
