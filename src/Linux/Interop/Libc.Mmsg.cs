using System.Runtime.InteropServices;

namespace NodeDns.Linux.Interop;

/// <summary>struct iovec (readv(2)).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct IoVector
{
    public byte* Base;
    public nuint Length;
}

/// <summary>struct msghdr (recvmsg(2)), 64-bit layout, 56 octets.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct MessageHeader
{
    public SocketAddress* Name;
    public uint NameLength;
    public IoVector* Vectors;
    public nuint VectorCount;
    public byte* Control;
    public nuint ControlLength;
    public int Flags;
}

/// <summary>struct mmsghdr (recvmmsg(2)), 64-bit layout, 64 octets.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MultiMessageHeader
{
    public MessageHeader Header;

    /// <summary>Octets received or sent.</summary>
    public uint Length;
}

/// <summary>The control message UDP_SEGMENT (udp(7)): a struct cmsghdr and two octets, padded to 24 octets
/// (cmsg(3)).</summary>
[StructLayout(LayoutKind.Sequential, Size = 24)]
public struct SegmentSize
{
    private readonly nuint _length = 18;
    private readonly int _level = Libc.IPPROTO_UDP;
    private readonly int _type = Libc.UDP_SEGMENT;

    public SegmentSize()
    {
    }

    /// <summary>The size of each segment. The last one may be shorter.</summary>
    public ushort Octets { get; set; }
}

public static unsafe partial class Libc
{
    /// <summary>recvmmsg(2) with MSG_DONTWAIT: receives up to <paramref name="count"/> datagrams in one call.</summary>
    /// <returns>How many were received.</returns>
    public static SyscallResult ReceiveMessages(int fd, MultiMessageHeader* messages, int count)
    {
        while (true)
        {
            var result = Result(recvmmsg(fd, messages, (uint)count, MSG_DONTWAIT, null));
            if (result.Error != Errno.EINTR)
            {
                return result;
            }
        }
    }

    /// <summary>sendmmsg(2): sends in order and stops at the first message that fails.</summary>
    /// <returns>How many were sent; an error only if the first one failed.</returns>
    public static SyscallResult SendMessages(int fd, MultiMessageHeader* messages, int count)
    {
        while (true)
        {
            var result = Result(sendmmsg(fd, messages, (uint)count, MSG_NOSIGNAL));
            if (result.Error != Errno.EINTR)
            {
                return result;
            }
        }
    }

    [LibraryImport("libc")]
    private static partial int recvmmsg(int fd, MultiMessageHeader* messages, uint count, int flags, void* timeout);

    [LibraryImport("libc")]
    private static partial int sendmmsg(int fd, MultiMessageHeader* messages, uint count, int flags);
}
