using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Upstream;

/// <summary>A plain TCP connection on the worker's epoll loop.</summary>
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

    /// <summary>Starts to connect. Queries may be submitted at once.</summary>
    public static TcpConnection? Open(ConnectionPool pool, out UpstreamError error)
    {
        var fd = UpstreamSocket.Connect(pool, out error);
        return fd < 0 ? null : new TcpConnection(pool, fd);
    }

    public void OnEvents(uint events)
    {
        if (!IsConnected)
        {
            FinishConnect();
            return;
        }
        if ((events & Libc.EPOLLOUT) != 0)
        {
            Flush();
        }
        if (!IsClosed)
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
