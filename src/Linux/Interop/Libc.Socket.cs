using System.Runtime.InteropServices;

namespace NodeDns.Linux.Interop;

/// <summary>The system calls this program makes. There is one file for each family of man pages.</summary>
/// <remarks>The extern methods are private. The wrappers retry on EINTR and return a <see cref="SyscallResult"/>; they
/// do not throw.</remarks>
public static unsafe partial class Libc
{
    public const int AF_UNIX = 1;
    public const int AF_INET = 2;
    public const int AF_INET6 = 10;

    public const int SOCK_STREAM = 1;
    public const int SOCK_DGRAM = 2;
    public const int SOCK_SEQPACKET = 5;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;

    public const int SOL_SOCKET = 1;
    public const int SO_REUSEADDR = 2;
    public const int SO_ERROR = 4;
    public const int SO_SNDBUF = 7;
    public const int SO_RCVBUF = 8;
    public const int SO_LINGER = 13;
    public const int SO_REUSEPORT = 15;
    public const int SO_PEERCRED = 17;
    public const int SO_RCVBUFFORCE = 33;
    public const int SO_PROTOCOL = 38;
    public const int SO_DOMAIN = 39;
    public const int SO_RXQ_OVFL = 40;
    public const int SO_TYPE = 3;
    public const int SO_MEMINFO = 55;
    public const int SO_COOKIE = 57;
    public const int SO_NETNS_COOKIE = 71;

    public const int IPPROTO_IP = 0;
    public const int IPPROTO_TCP = 6;
    public const int IPPROTO_UDP = 17;
    public const int IPPROTO_IPV6 = 41;

    public const int IP_PKTINFO = 8;
    public const int IP_FREEBIND = 15;
    public const int IPV6_V6ONLY = 26;
    public const int IPV6_RECVPKTINFO = 49;
    public const int IPV6_FREEBIND = 78;
    public const int TCP_NODELAY = 1;
    public const int TCP_DEFER_ACCEPT = 9;
    public const int TCP_INFO = 11;
    public const int UDP_SEGMENT = 103;

    public const int MSG_PEEK = 0x2;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;

    /// <summary>socket(2). Pass SOCK_CLOEXEC and SOCK_NONBLOCK in <paramref name="type"/>.</summary>
    public static SyscallResult Socket(int domain, int type, int protocol) =>
        Result(socket(domain, type, protocol));

    public static SyscallResult Bind(int fd, in SocketAddress address)
    {
        // SAFETY: the kernel reads Length octets of the caller's struct during the call only.
        fixed (SocketAddress* pointer = &address)
        {
            return Result(bind(fd, pointer, (uint)address.Length));
        }
    }

    public static SyscallResult Listen(int fd, int backlog) => Result(listen(fd, backlog));

    /// <summary>connect(2). On a non-blocking stream socket, EINPROGRESS means: wait for EPOLLOUT, then read
    /// SO_ERROR.</summary>
    public static SyscallResult Connect(int fd, in SocketAddress address)
    {
        // SAFETY: as in Bind.
        fixed (SocketAddress* pointer = &address)
        {
            return Result(connect(fd, pointer, (uint)address.Length));
        }
    }

    /// <summary>accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC.</summary>
    public static SyscallResult Accept(int fd, out SocketAddress peer)
    {
        peer = default;
        // SAFETY: the kernel writes at most SocketAddress.Capacity octets into the caller's struct.
        fixed (SocketAddress* pointer = &peer)
        {
            while (true)
            {
                uint length = SocketAddress.Capacity;
                var result = Result(accept4(fd, pointer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
                if (result.Error != Errno.EINTR)
                {
                    return result;
                }
            }
        }
    }

    public static SyscallResult Receive(int fd, Span<byte> buffer, int flags = 0)
    {
        // SAFETY: the kernel writes at most buffer.Length octets.
        fixed (byte* pointer = buffer)
        {
            while (true)
            {
                var result = Result(recv(fd, pointer, (nuint)buffer.Length, flags));
                if (result.Error != Errno.EINTR)
                {
                    return result;
                }
            }
        }
    }

    /// <summary>send(2) with MSG_NOSIGNAL. May send only a part of the buffer on a stream socket.</summary>
    public static SyscallResult Send(int fd, ReadOnlySpan<byte> buffer)
    {
        // SAFETY: the kernel reads at most buffer.Length octets.
        fixed (byte* pointer = buffer)
        {
            while (true)
            {
                var result = Result(send(fd, pointer, (nuint)buffer.Length, MSG_NOSIGNAL));
                if (result.Error != Errno.EINTR)
                {
                    return result;
                }
            }
        }
    }

    /// <summary>recvfrom(2): receives one datagram and its sender.</summary>
    public static SyscallResult ReceiveFrom(int fd, Span<byte> buffer, out SocketAddress sender)
    {
        sender = default;
        // SAFETY: the kernel writes at most buffer.Length and SocketAddress.Capacity octets.
        fixed (byte* pointer = buffer)
        fixed (SocketAddress* address = &sender)
        {
            while (true)
            {
                uint length = SocketAddress.Capacity;
                var result = Result(recvfrom(fd, pointer, (nuint)buffer.Length, 0, address, &length));
                if (result.Error != Errno.EINTR)
                {
                    return result;
                }
            }
        }
    }

    /// <summary>sendto(2): sends one datagram to one address. Any thread may call it for any socket.</summary>
    public static SyscallResult SendTo(int fd, ReadOnlySpan<byte> buffer, in SocketAddress to)
    {
        // SAFETY: the kernel reads buffer.Length and to.Length octets.
        fixed (byte* pointer = buffer)
        fixed (SocketAddress* address = &to)
        {
            while (true)
            {
                var result = Result(
                    sendto(fd, pointer, (nuint)buffer.Length, MSG_NOSIGNAL, address, (uint)to.Length));
                if (result.Error != Errno.EINTR)
                {
                    return result;
                }
            }
        }
    }

    public static SyscallResult SetSocketOption(int fd, int level, int option, int value) =>
        Result(setsockopt(fd, level, option, &value, sizeof(int)));

    public static SyscallResult GetSocketOption(int fd, int level, int option, out int value)
    {
        var read = 0;
        uint length = sizeof(int);
        var result = Result(getsockopt(fd, level, option, &read, &length));
        value = read;
        return result;
    }

    /// <summary>getsockopt(2) into the caller's buffer. The result is the number of octets written.</summary>
    public static SyscallResult GetSocketOption(int fd, int level, int option, Span<byte> value)
    {
        // SAFETY: the kernel writes at most length octets and says how many.
        fixed (byte* pointer = value)
        {
            var length = (uint)value.Length;
            var result = Result(getsockopt(fd, level, option, pointer, &length));
            return result.IsError ? result : SyscallResult.From((int)length, 0);
        }
    }

    public static SyscallResult GetSocketName(int fd, out SocketAddress address)
    {
        address = default;
        uint length = SocketAddress.Capacity;
        // SAFETY: the kernel writes at most SocketAddress.Capacity octets.
        fixed (SocketAddress* pointer = &address)
        {
            return Result(getsockname(fd, pointer, &length));
        }
    }

    /// <summary>The kernel's number for a socket (SO_COOKIE). It is the same for every descriptor of the socket, in
    /// every process. Where there is no such option (before Linux 4.12, user emulators), the socket's inode, which also
    /// is.</summary>
    public static ulong SocketCookie(int fd)
    {
        Span<byte> cookie = stackalloc byte[8];
        if (!GetSocketOption(fd, SOL_SOCKET, SO_COOKIE, cookie).IsError)
        {
            return BitConverter.ToUInt64(cookie);
        }
        Status(fd, out var status).OrThrow("statx");
        return status.Inode;
    }

    /// <summary>getpeername(2), without the name. ENOTCONN: the socket is not connected.</summary>
    public static SyscallResult GetPeerName(int fd)
    {
        SocketAddress address;
        uint length = SocketAddress.Capacity;
        // SAFETY: the kernel writes at most SocketAddress.Capacity octets.
        return Result(getpeername(fd, &address, &length));
    }

    /// <summary>shutdown(2) of the writing side: the peer reads end-of-file after the octets already sent.</summary>
    public static SyscallResult ShutdownWrite(int fd) => Result(shutdown(fd, 1));

    /// <summary>shutdown(2) of the reading side. A TCP listener stops listening in every process that holds
    /// it.</summary>
    public static SyscallResult ShutdownRead(int fd) => Result(shutdown(fd, 0));

    /// <summary>True if the socket belongs to this process's network namespace (SO_NETNS_COOKIE), and also where the
    /// kernel cannot tell (before 5.14).</summary>
    public static bool IsOfThisNetwork(int fd)
    {
        Span<byte> other = stackalloc byte[8];
        Span<byte> own = stackalloc byte[8];
        if (GetSocketOption(fd, SOL_SOCKET, SO_NETNS_COOKIE, other).IsError)
        {
            return true;
        }
        var made = Socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (made.IsError)
        {
            return false;
        }
        var result = GetSocketOption(made.Value, SOL_SOCKET, SO_NETNS_COOKIE, own);
        Close(made.Value);
        return !result.IsError && own.SequenceEqual(other);
    }

    /// <summary>close(2). Never retried, because on Linux the descriptor is closed even after EINTR.</summary>
    public static void Close(int fd) => _ = close(fd);

    private static SyscallResult Result(long returned) =>
        SyscallResult.From(returned, returned < 0 ? Marshal.GetLastSystemError() : 0);

    [LibraryImport("libc")]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc")]
    private static partial int bind(int fd, SocketAddress* address, uint length);

    [LibraryImport("libc")]
    private static partial int listen(int fd, int backlog);

    [LibraryImport("libc")]
    private static partial int connect(int fd, SocketAddress* address, uint length);

    [LibraryImport("libc")]
    private static partial int accept4(int fd, SocketAddress* address, uint* length, int flags);

    [LibraryImport("libc")]
    private static partial nint recv(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc")]
    private static partial nint send(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc")]
    private static partial nint recvfrom(
        int fd, byte* buffer, nuint length, int flags, SocketAddress* address, uint* addressLength);

    [LibraryImport("libc")]
    private static partial nint sendto(
        int fd, byte* buffer, nuint length, int flags, SocketAddress* address, uint addressLength);

    [LibraryImport("libc")]
    private static partial int setsockopt(int fd, int level, int option, void* value, uint length);

    [LibraryImport("libc")]
    private static partial int getsockopt(int fd, int level, int option, void* value, uint* length);

    [LibraryImport("libc")]
    private static partial int getsockname(int fd, SocketAddress* address, uint* length);

    [LibraryImport("libc")]
    private static partial int getpeername(int fd, SocketAddress* address, uint* length);

    [LibraryImport("libc")]
    private static partial int shutdown(int fd, int how);

    [LibraryImport("libc")]
    private static partial int close(int fd);
}
