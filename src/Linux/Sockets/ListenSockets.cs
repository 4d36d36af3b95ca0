using System.Net;
using System.Net.Sockets;
using NodeDns.Linux.Interop;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Linux.Sockets;

/// <summary>Opens listening sockets: one for each endpoint and worker. All sockets of an endpoint form an SO_REUSEPORT
/// group.</summary>
public static class ListenSockets
{
    /// <summary>Size of the receive queue that bridges a restart. 4 MiB hold about 10,000 DNS datagrams (832 octets of
    /// kernel memory each), which is one second at 10,000 queries per second.</summary>
    public const int ReceiveBufferBytes = 4 << 20;

    /// <summary>Limit of established connections that wait for accept(2). The kernel lowers it to
    /// net.core.somaxconn.</summary>
    public const int TcpBacklog = 4096;

    /// <summary>Opens each endpoint for workers 0 to <paramref name="workers"/> - 1.</summary>
    /// <remarks>For port 0 the kernel chooses a port once for each address; all workers, and TCP after UDP, then use
    /// that port.</remarks>
    /// <exception cref="SyscallException">One could not be opened; those opened before have been closed.</exception>
    public static IReadOnlyList<ListenSocket> Open(IReadOnlyList<ListenEndPoint> endPoints, int workers)
    {
        var sockets = new List<ListenSocket>(endPoints.Count * workers);
        var chosenPorts = new Dictionary<IPAddress, int>();
        try
        {
            foreach (var wanted in endPoints)
            {
                var endPoint = wanted;
                if (wanted.EndPoint.Port == 0 && chosenPorts.TryGetValue(wanted.EndPoint.Address, out var port))
                {
                    endPoint = wanted with { EndPoint = new IPEndPoint(wanted.EndPoint.Address, port) };
                }
                for (var worker = 0; worker < workers; worker++)
                {
                    var socket = Open(endPoint, worker);
                    sockets.Add(socket);
                    endPoint = endPoint with { EndPoint = socket.EndPoint };
                }
                if (wanted.EndPoint.Port == 0)
                {
                    chosenPorts[wanted.EndPoint.Address] = endPoint.EndPoint.Port;
                }
            }
            return sockets;
        }
        catch
        {
            Close(sockets);
            throw;
        }
    }

    /// <summary>Opens one socket of an endpoint's group.</summary>
    /// <remarks>With SO_REUSEPORT the socket joins the group even if another process of the same uid opened it. With
    /// IP_FREEBIND it can be bound before the address exists; queries arrive once it does.</remarks>
    /// <exception cref="SyscallException">EACCES: a port below 1024 without CAP_NET_BIND_SERVICE. EADDRINUSE: the
    /// endpoint is held without SO_REUSEPORT or by another uid.</exception>
    public static ListenSocket Open(ListenEndPoint endPoint, int worker)
    {
        var isIPv6 = endPoint.EndPoint.AddressFamily == AddressFamily.InterNetworkV6;
        var isUdp = endPoint.Protocol == ListenProtocol.Udp;
        var type = (isUdp ? Libc.SOCK_DGRAM : Libc.SOCK_STREAM) | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC;
        var fd = Libc.Socket(isIPv6 ? Libc.AF_INET6 : Libc.AF_INET, type, 0).OrThrow($"socket {endPoint}");
        try
        {
            Libc.SetSocketOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, 1).OrThrow($"SO_REUSEPORT {endPoint}");
            if (isIPv6)
            {
                Libc.SetSocketOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, 1).OrThrow($"IPV6_V6ONLY {endPoint}");
                Libc.SetSocketOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_FREEBIND, 1);
            }
            else
            {
                Libc.SetSocketOption(fd, Libc.IPPROTO_IP, Libc.IP_FREEBIND, 1);
            }
            if (isUdp)
            {
                GrowReceiveBuffer(fd);
            }
            else
            {
                // After a restart without a guard, binding must not wait until the TIME_WAIT of old connections ends.
                Libc.SetSocketOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
            }
            Libc.Bind(fd, SocketAddress.From(endPoint.EndPoint)).OrThrow($"bind {endPoint}");
            if (!isUdp)
            {
                Libc.Listen(fd, TcpBacklog).OrThrow($"listen {endPoint}");
            }
            Libc.GetSocketName(fd, out var bound).OrThrow($"getsockname {endPoint}");
            return new ListenSocket(fd, endPoint.Protocol, bound.ToIPEndPoint(), worker);
        }
        catch
        {
            Libc.Close(fd);
            throw;
        }
    }

    public static void Close(IEnumerable<ListenSocket> sockets)
    {
        foreach (var socket in sockets)
        {
            Libc.Close(socket.Fd);
        }
    }

    /// <summary>SO_RCVBUFFORCE needs CAP_NET_ADMIN. Without that, net.core.rmem_max limits the size.</summary>
    private static void GrowReceiveBuffer(int fd)
    {
        if (Libc.SetSocketOption(fd, Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, ReceiveBufferBytes).IsError)
        {
            Libc.SetSocketOption(fd, Libc.SOL_SOCKET, Libc.SO_RCVBUF, ReceiveBufferBytes);
        }
    }
}
