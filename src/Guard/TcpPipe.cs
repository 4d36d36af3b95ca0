using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Guard;

/// <summary>One relayed TCP connection. Octets are copied both ways without being looked at, and an end-of-file from
/// one side is passed on to the other.</summary>
internal sealed class TcpPipe
{
    /// <summary>How long an idle connection lives. RFC 7766 section 6.2.3 leaves the time to the server.</summary>
    private const int IdleMs = 10_000;

    private const int BufferOctets = 4 << 10;

    private readonly EventLoop _loop;
    private readonly IReadOnlyList<SocketAddress> _servers;
    private readonly Action<TcpPipe> _onClosed;
    private readonly LoopAction _idle;
    private readonly Side _client;
    private readonly int _firstServer;
    private Side? _server;
    private int _tried;
    private bool _closed;

    /// <param name="clientFd">The accepted connection; the pipe closes it.</param>
    /// <param name="client">The client's address.</param>
    /// <param name="firstServer">Index of the server to try first; each server is tried once.</param>
    public TcpPipe(
        EventLoop loop, int clientFd, SocketAddress client, IReadOnlyList<SocketAddress> servers, int firstServer,
        Action<TcpPipe> onClosed)
    {
        Client = client;
        _loop = loop;
        _servers = servers;
        _firstServer = firstServer;
        _onClosed = onClosed;
        _idle = new LoopAction(Close);
        _client = new Side(this, clientFd);
    }

    /// <summary>The client's connection. Closed together with the pipe.</summary>
    public int ClientFd => _client.Fd;

    public SocketAddress Client { get; }

    /// <summary>When octets last moved in either direction.</summary>
    public long MovedMs { get; private set; }

    public void Start()
    {
        MovedMs = _loop.NowMs;
        _loop.Arm(_idle, IdleMs);
        ConnectNext();
    }

    private void ConnectNext()
    {
        if (_server is { } failed)
        {
            _loop.Remove(failed.Fd);
            Libc.Close(failed.Fd);
            _server = null;
        }
        while (_tried < _servers.Count)
        {
            var address = _servers[(_firstServer + _tried++) % _servers.Count];
            var family = address.Family == SocketAddress.FamilyIPv6 ? Libc.AF_INET6 : Libc.AF_INET;
            var made = Libc.Socket(family, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
            if (made.IsError)
            {
                break;
            }
            var connected = Libc.Connect(made.Value, address);
            if (connected.IsError && connected.Error != Errno.EINPROGRESS)
            {
                Libc.Close(made.Value);
                continue;
            }
            Libc.SetSocketOption(made.Value, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
            Libc.SetSocketOption(_client.Fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
            _server = new Side(this, made.Value) { Watched = Libc.EPOLLOUT };
            _loop.Add(made.Value, Libc.EPOLLOUT, _server);
            return;
        }
        Close();
    }

    private void OnEvents(uint events)
    {
        if (_closed || _server is null)
        {
            return;
        }
        if (!_server.IsConnected)
        {
            Libc.GetSocketOption(_server.Fd, Libc.SOL_SOCKET, Libc.SO_ERROR, out var error);
            if (error != 0)
            {
                ConnectNext();
                return;
            }
            _server.IsConnected = true;
        }
        else if ((events & Libc.EPOLLERR) != 0)
        {
            // The server reset the connection after its end-of-file. No read would report that, and epoll would report
            // it for ever.
            Close();
            return;
        }
        MovedMs = _loop.NowMs;
        _loop.Arm(_idle, IdleMs);
        if (!Pump(_client, _server) || !Pump(_server, _client) || (_client.IsFinished && _server.IsFinished))
        {
            Close();
            return;
        }
        Watch(_client, _server);
        Watch(_server, _client);
    }

    /// <summary>Copies as much as possible from one side to the other.</summary>
    /// <returns>false when the connection is broken.</returns>
    private static bool Pump(Side from, Side to)
    {
        while (true)
        {
            while (to.Length > 0)
            {
                var sent = Libc.Send(to.Fd, to.Buffer.AsSpan(to.Start, to.Length));
                if (sent.IsError)
                {
                    return sent.WouldBlock;
                }
                to.Start += sent.Value;
                to.Length -= sent.Value;
            }
            if (from.AtEnd)
            {
                if (!from.IsFinished)
                {
                    from.IsFinished = true;
                    Libc.ShutdownWrite(to.Fd);
                }
                return true;
            }
            var received = Libc.Receive(from.Fd, to.Buffer);
            if (received.IsError)
            {
                return received.WouldBlock;
            }
            to.Start = 0;
            to.Length = received.Value;
            from.AtEnd = received.Value == 0;
        }
    }

    /// <summary>Watches for input while there is room for it and for output while something waits to be sent. If
    /// neither applies, the descriptor is removed from epoll: a connection that is closed in both directions would
    /// otherwise wake the loop for ever (EPOLLHUP).</summary>
    private void Watch(Side side, Side other)
    {
        var events = (side.AtEnd || other.Length > 0 ? 0 : Libc.EPOLLIN) | (side.Length > 0 ? Libc.EPOLLOUT : 0);
        if (events == side.Watched)
        {
            return;
        }
        if (events == 0)
        {
            _loop.Remove(side.Fd);
        }
        else if (side.Watched == 0)
        {
            _loop.Add(side.Fd, events, side);
        }
        else
        {
            _loop.Modify(side.Fd, events);
        }
        side.Watched = events;
    }

    /// <summary>Closes both sides.</summary>
    public void Close()
    {
        if (_closed)
        {
            return;
        }
        _closed = true;
        _loop.Cancel(_idle);
        foreach (var side in new[] { _client, _server })
        {
            if (side is not null)
            {
                _loop.Remove(side.Fd);
                Libc.Close(side.Fd);
            }
        }
        _onClosed(this);
    }

    /// <summary>One of the two sockets, and the octets that wait to be sent to it.</summary>
    private sealed class Side(TcpPipe pipe, int fd) : IEventHandler
    {
        public int Fd => fd;
        public byte[] Buffer { get; } = new byte[BufferOctets];
        public int Start { get; set; }
        public int Length { get; set; }
        public uint Watched { get; set; }
        public bool IsConnected { get; set; }

        /// <summary>This side has sent its end-of-file.</summary>
        public bool AtEnd { get; set; }

        /// <summary>This side's end-of-file has been passed on to the other side.</summary>
        public bool IsFinished { get; set; }

        public void OnEvents(uint events) => pipe.OnEvents(events);
    }
}
