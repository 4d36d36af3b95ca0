namespace NodeDns.Linux.Interop;

public static unsafe partial class Libc
{
    public const int IP_BIND_ADDRESS_NO_PORT = 24;
    public const int TCP_USER_TIMEOUT = 18;

    /// <summary>connect(2) with AF_UNSPEC: a datagram socket forgets its peer, and also its port unless bind(2) chose
    /// it, so that the next connect gets a new port (udp(7), ip(7)).</summary>
    public static SyscallResult Disconnect(int fd)
    {
        var unspecified = default(SocketAddress);
        return Connect(fd, unspecified);
    }
}
