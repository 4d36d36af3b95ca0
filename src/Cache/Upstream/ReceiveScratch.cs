using NodeDns.Linux.Interop;

namespace NodeDns.Cache.Upstream;

/// <summary>The buffers that the upstream sockets of a thread receive into. Each event uses them from its start to its
/// end.</summary>
/// <remarks>Only pages that replies have touched use memory. While a reply in a buffer is handled, nothing else may
/// receive into it.</remarks>
internal static unsafe class ReceiveScratch
{
    /// <summary>The largest UDP payload, so that no datagram is truncated.</summary>
    private const int DatagramMaximum = 65_535;

    /// <summary>Datagrams for each call.</summary>
    private const int Datagrams = 16;

    /// <summary>Not a multiple of a page: the first octets of all datagrams would be in the same lines of the
    /// processor's cache.</summary>
    private const int DatagramStride = DatagramMaximum + 1 + 192;

    /// <summary>Room for the kept part of one message with its length field, and for as much again.</summary>
    private const int Size = 2 * (2 + 65_535);

    [ThreadStatic]
    private static byte[]? s_buffer;

    [ThreadStatic]
    private static byte* s_datagrams;

    [ThreadStatic]
    private static int[]? s_lengths;

    public static byte[] Buffer => s_buffer ??= ScratchBuffer.Allocate(Size);

    /// <summary>Reads the datagrams that are waiting, up to <see cref="Datagrams"/>, in one recvmmsg(2).</summary>
    /// <returns>How many were read; <see cref="Datagram"/> has them until the next call.</returns>
    public static SyscallResult ReceiveDatagrams(int fd)
    {
        if (s_datagrams == null)
        {
            s_datagrams = Libc.MapPages(Datagrams * DatagramStride);
        }
        var lengths = s_lengths ??= new int[Datagrams];
        var headers = stackalloc MultiMessageHeader[Datagrams];
        var vectors = stackalloc IoVector[Datagrams];
        for (var i = 0; i < Datagrams; i++)
        {
            vectors[i] = new IoVector { Base = s_datagrams + i * DatagramStride, Length = DatagramMaximum };
            headers[i].Header.Vectors = vectors + i;
            headers[i].Header.VectorCount = 1;
        }
        // SAFETY: headers, vectors and the mapping have room for this number of datagrams of the greatest size.
        var received = Libc.ReceiveMessages(fd, headers, Datagrams);
        for (var i = 0; i < received.Value; i++)
        {
            lengths[i] = (int)headers[i].Length;
        }
        return received;
    }

    // SAFETY: the kernel wrote the octets that the length says into the mapping, which lives as long as the process.
    public static ReadOnlySpan<byte> Datagram(int index) =>
        new(s_datagrams + index * DatagramStride, s_lengths![index]);
}
