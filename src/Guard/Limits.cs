namespace NodeDns.Guard;

/// <summary>What an unprivileged process may cost the guard. Whoever breaks into the cache has the cache's uid, so the
/// cache is limited too.</summary>
internal static class Limits
{
    /// <summary>Sockets in all, and in one offer: two addresses, UDP and TCP, one for each processor of the largest
    /// nodes (HandoverHello.MaxWorkers), and as many again for a second port. Each costs a descriptor and about 2 KiB
    /// of kernel memory.</summary>
    public const int Sockets = 2048;

    /// <summary>Connections at a time at one Unix socket: a cache, its successor, and kubelet asking for
    /// readiness.</summary>
    public const int Connections = 16;

    /// <summary>Queries of one client that may wait for their reply while the guard relays: twice what a busy resolver
    /// has in flight. Other clients share the rest.</summary>
    public const int QueriesOfOneClient = 5_000;

    /// <summary>Waiting queries of all clients. Clients time out long before so many are in flight.</summary>
    public const int Queries = 50_000;

    /// <summary>Relayed TCP connections, with two descriptors each. One more closes the idlest connection of the client
    /// that has the most.</summary>
    public const int Pipes = 2_000;

    /// <summary>A connection that has not said hello by then is closed. Both sides send their hello at once.</summary>
    public const int HelloMs = 2000;

    /// <summary>How long all parts of an offer may take together.</summary>
    public const int OfferMs = 1500;

    /// <summary>How many characters of a peer's text are logged.</summary>
    public const int TextLength = 100;

    /// <summary>A peer's text in a form that is safe to log: one line, limited in length.</summary>
    public static string Shown(string? text) => text is null ? "?" : string.Concat(
        text.Take(TextLength).Select(letter => char.IsControl(letter) ? '?' : letter));
}
