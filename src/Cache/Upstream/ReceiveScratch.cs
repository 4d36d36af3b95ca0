namespace NodeDns.Cache.Upstream;

/// <summary>Where a worker's upstream sockets receive: one buffer a thread, used from one event to its end.</summary>
/// <remarks>Address space rather than memory: only the pages that replies have touched are resident. Nothing called
/// while a reply in it is being handled may receive into it.</remarks>
internal static class ReceiveScratch
{
    /// <summary>The largest UDP payload, so that no datagram is ever cut short.</summary>
    public const int DatagramMaximum = 65_535;

    /// <summary>Room for the kept part of one framed message and as much again.</summary>
    private const int Size = 2 * (2 + 65_535);

    [ThreadStatic]
    private static byte[]? s_buffer;

    public static byte[] Buffer => s_buffer ??= GC.AllocateUninitializedArray<byte>(Size, pinned: true);
}
