namespace NodeDns.Cache.Upstream;

/// <summary>The buffer that the upstream sockets of a thread receive into. Each event uses it from its start to its
/// end.</summary>
/// <remarks>Only pages that replies have touched use memory. While a reply in the buffer is handled, nothing else may
/// receive into it.</remarks>
internal static class ReceiveScratch
{
    /// <summary>The largest UDP payload, so that no datagram is truncated.</summary>
    public const int DatagramMaximum = 65_535;

    /// <summary>Room for the kept part of one message with its length field, and for as much again.</summary>
    private const int Size = 2 * (2 + 65_535);

    [ThreadStatic]
    private static byte[]? s_buffer;

    public static byte[] Buffer => s_buffer ??= GC.AllocateUninitializedArray<byte>(Size, pinned: true);
}
