using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace NodeDns.Linux.Interop;

/// <summary>unix(7): Unix sockets, and sending descriptors over them (SCM_RIGHTS).</summary>
public static unsafe partial class Libc
{
    /// <summary>The kernel's SCM_MAX_FD: the most descriptors in one message.</summary>
    public const int SCM_MAX_FD = 253;

    private const int SCM_RIGHTS = 1;
    private const int MSG_CTRUNC = 0x8;
    private const int MSG_TRUNC = 0x20;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;
    private const int F_GETFL = 3;
    private const int F_GET_SEALS = 1034;
    private const int O_ACCMODE = 3;
    private const int O_RDWR = 2;

    /// <summary>sizeof(struct cmsghdr) on 64-bit: length (8 octets), level (4), type (4). Data follows, aligned to
    /// 8.</summary>
    private const int ControlHeaderSize = 16;

    /// <summary>sizeof(sun_path), including one octet for the terminating NUL.</summary>
    public const int UnixPathCapacity = 108;

    private const int UnixAddressSize = 2 + UnixPathCapacity;

    /// <summary>struct ucred (unix(7)).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PeerCredentials
    {
        public int ProcessId;
        public uint UserId;
        public uint GroupId;
    }

    /// <summary>bind(2) to a path. EADDRINUSE when the file exists, EINVAL when the path is too long.</summary>
    public static SyscallResult BindUnix(int fd, string path)
    {
        var address = stackalloc byte[UnixAddressSize];
        // SAFETY: FillUnixAddress stays within UnixAddressSize octets, which is what bind reads.
        return FillUnixAddress(address, path)
            ? Result(bind(fd, (SocketAddress*)address, UnixAddressSize))
            : SyscallResult.From(-1, (int)Errno.EINVAL);
    }

    /// <summary>connect(2) to a path. ENOENT: no such file; ECONNREFUSED: nobody listens there any more.</summary>
    public static SyscallResult ConnectUnix(int fd, string path)
    {
        var address = stackalloc byte[UnixAddressSize];
        // SAFETY: as in BindUnix.
        return FillUnixAddress(address, path)
            ? Result(connect(fd, (SocketAddress*)address, UnixAddressSize))
            : SyscallResult.From(-1, (int)Errno.EINVAL);
    }

    /// <summary>accept4(2) on a Unix socket, whose peers have no address.</summary>
    public static SyscallResult AcceptUnix(int fd) =>
        Result(accept4(fd, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC));

    /// <summary>Who opened the other end, as of connect(2) (SO_PEERCRED).</summary>
    public static SyscallResult GetPeerCredentials(int fd, out PeerCredentials peer)
    {
        var read = default(PeerCredentials);
        var length = (uint)sizeof(PeerCredentials);
        // SAFETY: the kernel writes at most sizeof(PeerCredentials) octets.
        var result = Result(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &read, &length));
        peer = read;
        return result;
    }

    /// <summary>Sends one message with descriptors. The receiver gets duplicates; the caller keeps its own.</summary>
    public static SyscallResult SendDescriptors(int fd, ReadOnlySpan<byte> message, ReadOnlySpan<int> descriptors)
    {
        var control = stackalloc byte[ControlHeaderSize + Align(SCM_MAX_FD * sizeof(int))];
        // SAFETY: all pointers live until sendmsg returns; control has room for SCM_MAX_FD descriptors.
        fixed (byte* pointer = message)
        {
            var vector = new IoVector { Base = pointer, Length = (nuint)message.Length };
            var header = new MessageHeader { Vectors = &vector, VectorCount = 1 };
            if (!descriptors.IsEmpty)
            {
                var octets = descriptors.Length * sizeof(int);
                *(nuint*)control = (nuint)(ControlHeaderSize + octets);
                *(int*)(control + 8) = SOL_SOCKET;
                *(int*)(control + 12) = SCM_RIGHTS;
                descriptors.CopyTo(new Span<int>(control + ControlHeaderSize, SCM_MAX_FD));
                header.Control = control;
                header.ControlLength = (nuint)(ControlHeaderSize + Align(octets));
            }
            while (true)
            {
                var result = Result(sendmsg(fd, &header, MSG_NOSIGNAL));
                if (result.Error != Errno.EINTR)
                {
                    return result;
                }
            }
        }
    }

    /// <summary>Receives one message and its descriptors, which are close-on-exec and owned by the caller.</summary>
    /// <returns>Octets of the message; 0 at the peer's end-of-file. EMSGSIZE when message or descriptors did not fit;
    /// descriptors that did arrive are closed.</returns>
    public static SyscallResult ReceiveDescriptors(int fd, Span<byte> message, List<int> descriptors)
    {
        var control = stackalloc byte[ControlHeaderSize + Align(SCM_MAX_FD * sizeof(int))];
        // SAFETY: the kernel writes at most message.Length and ControlLength octets and says how many.
        fixed (byte* pointer = message)
        {
            while (true)
            {
                var vector = new IoVector { Base = pointer, Length = (nuint)message.Length };
                var header = new MessageHeader
                {
                    Vectors = &vector,
                    VectorCount = 1,
                    Control = control,
                    ControlLength = (nuint)(ControlHeaderSize + Align(SCM_MAX_FD * sizeof(int))),
                };
                var result = Result(recvmsg(fd, &header, MSG_CMSG_CLOEXEC));
                if (result.Error == Errno.EINTR)
                {
                    continue;
                }
                if (result.IsError)
                {
                    return result;
                }
                var first = descriptors.Count;
                ReadControl(control, (int)header.ControlLength, descriptors);
                if ((header.Flags & (MSG_CTRUNC | MSG_TRUNC)) == 0)
                {
                    return result;
                }
                for (var i = first; i < descriptors.Count; i++)
                {
                    Close(descriptors[i]);
                }
                descriptors.RemoveRange(first, descriptors.Count - first);
                return SyscallResult.From(-1, (int)Errno.EMSGSIZE);
            }
        }
    }

    /// <summary>memfd_create(2), close-on-exec: an anonymous file whose descriptor can be sent to another
    /// process.</summary>
    public static SyscallResult MemoryFile(string name) => Result(memfd_create(name, 1));

    /// <summary>True for a descriptor of an anonymous file that can be read without blocking on anyone (F_GET_SEALS and
    /// F_GETFL of fcntl(2)).</summary>
    public static bool IsMemoryFile(int fd) => fcntl(fd, F_GET_SEALS) >= 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR;

    private static void ReadControl(byte* control, int length, List<int> descriptors)
    {
        var offset = 0;
        while (offset + ControlHeaderSize <= length)
        {
            var entry = control + offset;
            var entryLength = (int)*(nuint*)entry;
            if (entryLength < ControlHeaderSize || offset + entryLength > length)
            {
                return;
            }
            if (*(int*)(entry + 8) == SOL_SOCKET && *(int*)(entry + 12) == SCM_RIGHTS)
            {
                foreach (var fd in new ReadOnlySpan<int>(entry + ControlHeaderSize,
                    (entryLength - ControlHeaderSize) / 4))
                {
                    descriptors.Add(fd);
                }
            }
            offset += Align(entryLength);
        }
    }

    private static bool FillUnixAddress(byte* address, string path)
    {
        var bytes = new Span<byte>(address, UnixAddressSize);
        bytes.Clear();
        Unsafe.WriteUnaligned(address, (ushort)AF_UNIX);
        return Encoding.UTF8.GetByteCount(path) < UnixPathCapacity && Encoding.UTF8.TryGetBytes(path, bytes[2..],
            out _);
    }

    private static int Align(int octets) => (octets + 7) & ~7;

    [LibraryImport("libc")]
    private static partial nint sendmsg(int fd, MessageHeader* message, int flags);

    [LibraryImport("libc")]
    private static partial nint recvmsg(int fd, MessageHeader* message, int flags);

    [LibraryImport("libc")]
    private static partial int fcntl(int fd, int command);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);
}
