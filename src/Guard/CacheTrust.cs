namespace NodeDns.Guard;

/// <summary>How far the guard trusts its cache.</summary>
internal enum CacheTrust
{
    /// <summary>No cache is ready: none has come yet, or the last one has left or died.</summary>
    Absent,

    /// <summary>The cache says that it reads the sockets, but no probe has been answered yet.</summary>
    Fresh,

    /// <summary>The cache has answered a probe at every local address.</summary>
    Serving,

    /// <summary>The cache has stopped reading its sockets, or its heartbeat has stopped.</summary>
    Hung,

    /// <summary>The cache fails lookups that cluster DNS answers. It was told to stop reading and is tried again
    /// later.</summary>
    Distrusted,

    /// <summary>The cache has died several times in a short time. The next one has to wait.</summary>
    Crashed,
}
