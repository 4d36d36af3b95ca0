namespace NodeDns.Linux.Handover;

/// <summary>The kind of a hand-over message. A receiver ignores kinds that it does not know. Numbers are never
/// reused.</summary>
public enum HandoverKind : ushort
{
    /// <summary>The first message of either side that connects: role, versions, workers, and the endpoints that are
    /// wanted or held.</summary>
    Hello = 1,

    /// <summary>From the guard: listening sockets as descriptors, in the order of the Socket fields. May come in
    /// several parts.</summary>
    Sockets = 2,

    /// <summary>From the guard: a refusal with its reason. The guard then closes the connection.</summary>
    Refused = 3,

    /// <summary>From the cache: the configuration is loaded and every socket is being read.</summary>
    Ready = 4,

    /// <summary>From the cache, every 50 ms: the number of turns of each worker's loop.</summary>
    Heartbeat = 5,

    /// <summary>From the cache: it is stopping on purpose (SIGTERM) and has stopped reading.</summary>
    Leaving = 6,

    /// <summary>From the guard: stop reading, finish what has been read and accepted, but do not exit.</summary>
    Drain = 7,

    /// <summary>From the cache: everything that was read is finished.</summary>
    Drained = 8,

    /// <summary>From the guard: read again.</summary>
    Resume = 9,

    /// <summary>From the guard, version 2: write your entries to an anonymous file and send it.</summary>
    Export = 10,

    /// <summary>Version 2: one descriptor of an anonymous file of cache entries. The guard does not read its
    /// content.</summary>
    Entries = 11,

    /// <summary>From the guard: send the sockets that you hold.</summary>
    AskOffer = 12,

    /// <summary>From the cache: the sockets that it holds, in the form of <see cref="Sockets"/>.</summary>
    Offer = 13,

    /// <summary>From the new guard to the old one: my cache serves now, so yours may finish.</summary>
    Relieve = 14,

    /// <summary>From the cache: all endpoints that it wants now. Answered by <see cref="Sockets"/> with those that it
    /// does not have.</summary>
    Want = 15,

    /// <summary>From anyone who may take sockets: does the cache answer this node's lookups?</summary>
    AskReadiness = 16,

    /// <summary>From the guard: it does, or the Reason why not.</summary>
    Readiness = 17,

    /// <summary>From the cache, once for each connection: one descriptor, the anonymous file of its open queries
    /// (OpenQueryFile).</summary>
    OpenQueries = 18,

    /// <summary>From the guard, to a cache that is ready: one descriptor, the memory for answers that a program in the
    /// kernel gives (AnswerSlots), its Layout, and the EndPoints at which it gives them, numbered in this
    /// order.</summary>
    AnswerSlots = 19,
}

/// <summary>The fields of a hand-over message. A receiver ignores tags that it does not know.</summary>
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

    /// <summary>Number: how many workers the cache has.</summary>
    Workers = 5,

    /// <summary>Text, repeated: an endpoint wanted, "udp 169.254.20.10:53".</summary>
    EndPoint = 6,

    /// <summary>Number: how many sockets the sender already holds.</summary>
    Held = 7,

    /// <summary>Text, repeated, one per descriptor: worker and endpoint, "0 udp 169.254.20.10:53".</summary>
    Socket = 8,

    /// <summary>Number: 1 when another part follows.</summary>
    More = 9,

    /// <summary>Text for a human.</summary>
    Reason = 10,

    /// <summary>Number, repeated in the order of workers: loop turns.</summary>
    Turns = 11,

    /// <summary>Number: the layout of shared memory.</summary>
    Layout = 12,
}
