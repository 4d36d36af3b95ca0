namespace NodeDns.Guard;

/// <summary>What a process without privilege may cost the guard. The cache's uid is held by whoever has broken into the
/// cache, too.</summary>
internal static class Limits
{
    /// <summary>In all, and in one offer: two addresses, UDP and TCP, as many workers as the largest nodes have processors
    /// (HandoverHello.MaxWorkers), and as many again for another port. A descriptor and some 2 KiB of the kernel's memory
    /// each.</summary>
    public const int Sockets = 2048;

    /// <summary>At a time, at one Unix socket: a cache, the one that follows it, and kubelet asking for readiness.</summary>
    public const int Connections = 16;

    /// <summary>Queries of one client that wait for their reply while the guard relays: twice what a busy resolver has out.
    /// The others share what is left.</summary>
    public const int QueriesOfOneClient = 5_000;

    /// <summary>Queries of all clients; they have given up long before so many are out.</summary>
    public const int Queries = 50_000;

    /// <summary>Relayed TCP connections: two descriptors each. One more closes the idlest of the client that has
    /// most.</summary>
    public const int Pipes = 2_000;

    /// <summary>A connection that has not said what it wants by then is closed: both sides send at once.</summary>
    public const int HelloMs = 2000;

    /// <summary>How long all parts of an offer may take.</summary>
    public const int OfferMs = 1500;

    /// <summary>Letters of a peer's text that reach the log.</summary>
    public const int TextLength = 100;

    /// <summary>A peer's text as a log may show it: one line, not too long.</summary>
    public static string Shown(string? text) => text is null ? "?" : string.Concat(
        text.Take(TextLength).Select(letter => char.IsControl(letter) ? '?' : letter));
}
