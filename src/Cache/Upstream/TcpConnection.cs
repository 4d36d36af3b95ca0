using System.Net;
using System.Net.Sockets;
using NodeDns.Cache.Interop.Linux;
using NodeDns.Cache.Loop;
using SocketAddress = NodeDns.Cache.Interop.Linux.SocketAddress;

namespace NodeDns.Cache.Upstream;

/// <summary>A plain TCP connection on the worker's own epoll loop.</summary>
internal sealed class TcpConnection : StreamConnection, IEventHandler
{
    private readonly int _fd;
    private bool _waitsForRoom;

    private TcpConnection(ConnectionPool pool, int fd)
        : base(pool)
    {
        _fd = fd;
        Loop.Add(fd, Libc.EPOLLOUT, this);
    }

    /// <summary>Starts connecting; queries may be submitted at once.</summary>
    public static TcpConnection? Open(ConnectionPool pool, out UpstreamError error)
    {
        var endpoint = pool.Server.Endpoint.Address;
        var isIPv6 = endpoint.AddressFamily == AddressFamily.InterNetworkV6;
        var socket = Libc.Socket(
            isIPv6 ? Libc.AF_INET6 : Libc.AF_INET, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        if (socket.IsError)
        {
            error = UpstreamError.LocalLimit;
            return null;
        }
        var fd = socket.Value;
        var options = pool.Forwarder.Options;
        Libc.SetSocketOption(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        // A peer that vanished without a word is noticed when a query has gone unacknowledged for this long.
        Libc.SetSocketOption(
            fd, Libc.IPPROTO_TCP, Libc.TCP_USER_TIMEOUT, (int)options.Deadline.TotalMilliseconds);
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
            return null;
        }
        error = default;
        return new TcpConnection(pool, fd);
    }

    public void OnEvents(uint events)
    {
        if (!IsConnected)
        {
            FinishConnect();
            return;
        }
        if ((events & Libc.EPOLLOUT) != 0 && Pending.Length > 0)
        {
            Flush();
        }
        if ((events & ~Libc.EPOLLOUT) != 0 && !IsClosed)
        {
            Receive();
        }
    }

    protected override void Flush()
    {
        var sent = Libc.Send(_fd, Pending);
        if (sent.IsError && !sent.WouldBlock)
        {
            Break(ConnectError.From(sent.Error));
            return;
        }
        if (!sent.IsError)
        {
            Written(sent.Value);
        }
        if (_waitsForRoom != Pending.Length > 0)
        {
            _waitsForRoom = !_waitsForRoom;
            Loop.Modify(_fd, _waitsForRoom ? Libc.EPOLLIN | Libc.EPOLLOUT : Libc.EPOLLIN);
        }
    }

    protected override void CloseTransport()
    {
        Loop.Remove(_fd);
        Libc.Close(_fd);
    }

    private void FinishConnect()
    {
        Libc.GetSocketOption(_fd, Libc.SOL_SOCKET, Libc.SO_ERROR, out var error);
        if (error != 0)
        {
            Break(ConnectError.From((Errno)error));
            return;
        }
        Loop.Modify(_fd, Libc.EPOLLIN);
        Connected();
    }

    private void Receive()
    {
        var buffer = ReceiveScratch.Buffer;
        var kept = StartReceive(buffer);
        var received = Libc.Receive(_fd, buffer.AsSpan(kept));
        if (received.WouldBlock)
        {
            return;
        }
        if (received.Value <= 0)
        {
            Break(received.IsError ? ConnectError.From(received.Error) : UpstreamError.Closed);
            return;
        }
        Received(buffer, kept + received.Value);
    }
}
