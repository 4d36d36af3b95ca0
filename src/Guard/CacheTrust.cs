namespace NodeDns.Guard;

/// <summary>How far the guard trusts its cache.</summary>
internal enum CacheTrust
{
    /// <summary>None is ready: it has not come yet, has left, or has died once.</summary>
    Absent,

    /// <summary>It says that it reads the sockets; no lookup has proved it yet.</summary>
    Fresh,

    /// <summary>A lookup through every local address was answered.</summary>
    Serving,

    /// <summary>Its queues stand still, or its heartbeat.</summary>
    Hung,

    /// <summary>It answers what cluster DNS answers otherwise; it was told to stop reading, and is tried again later.</summary>
    Distrusted,

    /// <summary>It died again and again, and is held back.</summary>
    Crashed,
}
