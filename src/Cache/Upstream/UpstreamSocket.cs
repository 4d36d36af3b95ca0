using System.Net;
using System.Net.Sockets;
using NodeDns.Linux.Interop;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Cache.Upstream;

/// <summary>Opens the TCP socket of a <see cref="TcpConnection"/> or <see cref="TlsConnection"/>.</summary>
internal static class UpstreamSocket
{
    /// <summary>Starts a non-blocking connect. When EPOLLOUT is reported, SO_ERROR tells the result.</summary>
    /// <returns>The descriptor; -1 with the error.</returns>
    public static int Connect(ConnectionPool pool, out UpstreamError error)
    {
        var endpoint = pool.Server.Endpoint.Address;
        var domain = endpoint.AddressFamily == AddressFamily.InterNetworkV6 ? Libc.AF_INET6 : Libc.AF_INET;
        var socket = Libc.Socket(domain, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        if (socket.IsError)
        {
            error = UpstreamError.LocalLimit;
            return -1;
        }
        var fd = socket.Value;
        var options = pool.Forwarder.Options;
        Libc.SetSocketOption(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        // If the peer has vanished, the connection fails when data has been unacknowledged for this long.
        Libc.SetSocketOption(fd, Libc.IPPROTO_TCP, Libc.TCP_USER_TIMEOUT, (int)options.Deadline.TotalMilliseconds);
        if (options.SourceAddress is { } source && source.AddressFamily == endpoint.AddressFamily)
        {
            Libc.SetSocketOption(fd, Libc.IPPROTO_IP, Libc.IP_BIND_ADDRESS_NO_PORT, 1);
            Libc.Bind(fd, SocketAddress.From(new IPEndPoint(source, 0)));
        }
        var connected = Libc.Connect(fd, pool.Server.Address);
        if (connected.IsError && connected.Error != Errno.EINPROGRESS)
        {
            Libc.Close(fd);
            error = ConnectError.From(connected.Error);
            return -1;
        }
        error = default;
        return fd;
    }
}
