using System.Buffers.Binary;
using System.Net.Sockets;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Upstream;

/// <summary>One worker's UDP sockets for one address family. Queries are sent at the end of the turn.</summary>
internal sealed class UdpPorts(Forwarder forwarder, AddressFamily family) : ITurnEnd, IDisposable
{
    /// <summary>Idle sockets to keep. A socket takes about 1 KB in the kernel; opening one takes a query 2–3
    /// µs.</summary>
    private const int IdleMaximum = 64;

    /// <summary>The most open sockets. Further queries use TCP, where one descriptor serves many.</summary>
    private const int OpenMaximum = 2048;

    private readonly Stack<UdpPort> _idle = new(IdleMaximum);
    private readonly List<Turn> _turns = [];
    private readonly SocketAddress? _source =
        forwarder.Options.SourceAddress is { } source && source.AddressFamily == family
            ? SocketAddress.From(new System.Net.IPEndPoint(source, 0))
            : null;
    private int _open;
    private int _turnsInUse;

    public int Mismatches => forwarder.Options.Mismatches;

    public void CountMismatch() => forwarder.Group.CountMismatch(forwarder.Counters);

    /// <summary>Sends a query at the end of this turn, from the port that this turn's queries to
    /// <paramref name="server"/> share.</summary>
    /// <param name="query">It is copied. Its id is replaced.</param>
    /// <returns>null when there is no socket, descriptor or port for it.</returns>
    public UdpPort? Send(
        UpstreamState server, Exchange exchange, int attempt, ReadOnlySpan<byte> query,
        out ushort id, out UpstreamError error)
    {
        id = 0;
        error = default;
        var turn = TurnOf(server);
        if (turn is null)
        {
            if (Connect(server, out error) is not { } port)
            {
                return null;
            }
            turn = NextTurn();
            turn.Port = port;
        }
        else
        {
            server.Metrics.ConnectionReused(forwarder.Counters, UpstreamProto.Udp);
        }
        id = turn.Port!.Add(exchange, attempt, forwarder.Random);
        turn.Add(query, id);
        return turn.Port;
    }

    public void OnTurnEnd()
    {
        // What cannot be sent may be sent elsewhere, which adds a turn to the end of the list.
        for (var i = 0; i < _turnsInUse; i++)
        {
            _turns[i].Send();
        }
        _turnsInUse = 0;
    }

    public void Return(UdpPort port)
    {
        if (_idle.Count >= IdleMaximum || forwarder.IsRetired || Libc.Disconnect(port.Fd).IsError)
        {
            Close(port);
            return;
        }
        _idle.Push(port);
    }

    /// <summary>Sends what this turn has, and closes what is idle. The other ports close when nobody waits there any
    /// more.</summary>
    public void Dispose()
    {
        OnTurnEnd();
        while (_idle.TryPop(out var port))
        {
            Close(port);
        }
    }

    private Turn? TurnOf(UpstreamState server)
    {
        for (var i = 0; i < _turnsInUse; i++)
        {
            if (_turns[i].Port is { HasRoom: true } port && port.Server == server)
            {
                return _turns[i];
            }
        }
        return null;
    }

    private Turn NextTurn()
    {
        if (_turnsInUse == 0)
        {
            forwarder.Loop.AtTurnEnd(this);
        }
        if (_turnsInUse == _turns.Count)
        {
            _turns.Add(new Turn());
        }
        return _turns[_turnsInUse++];
    }

    /// <summary>Returns a socket that is connected to <paramref name="server"/> from a new port.</summary>
    private UdpPort? Connect(UpstreamState server, out UpstreamError error)
    {
        error = default;
        var reused = _idle.TryPop(out var port);
        if (!reused)
        {
            var opened = _open < OpenMaximum ? Open() : SyscallResult.From(-1, (int)Errno.EMFILE);
            if (opened.IsError)
            {
                error = UpstreamError.LocalLimit;
                return null;
            }
            _open++;
            port = new UdpPort(this, opened.Value);
            forwarder.Loop.Add(port.Fd, Libc.EPOLLIN, port);
        }
        var connected = Libc.Connect(port!.Fd, server.Address);
        if (connected.IsError)
        {
            Return(port);
            error = ConnectError.From(connected.Error);
            return null;
        }
        if (reused)
        {
            server.Metrics.ConnectionReused(forwarder.Counters, UpstreamProto.Udp);
        }
        else
        {
            server.Metrics.ConnectionOpened(forwarder.Counters, UpstreamProto.Udp);
        }
        port.Begin(server);
        return port;
    }

    private void Close(UdpPort port)
    {
        forwarder.Loop.Remove(port.Fd);
        Libc.Close(port.Fd);
        _open--;
    }

    private SyscallResult Open()
    {
        var socket = Libc.Socket(
            family == AddressFamily.InterNetworkV6 ? Libc.AF_INET6 : Libc.AF_INET,
            Libc.SOCK_DGRAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC,
            0);
        if (socket.IsError || _source is not { } source)
        {
            return socket;
        }
        // Bind only the address. connect() still chooses the port.
        Libc.SetSocketOption(socket.Value, Libc.IPPROTO_IP, Libc.IP_BIND_ADDRESS_NO_PORT, 1);
        var bound = Libc.Bind(socket.Value, source);
        if (bound.IsError)
        {
            Libc.Close(socket.Value);
            return bound;
        }
        return socket;
    }

    /// <summary>The octets of the queries that one port sends at the end of a turn.</summary>
    private sealed class Turn
    {
        private readonly int[] _ends = new int[UdpPort.Capacity];
        private byte[] _octets = new byte[2048];
        private int _count;
        private int _length;

        public UdpPort? Port { get; set; }

        public void Add(ReadOnlySpan<byte> query, ushort id)
        {
            if (_octets.Length - _length < query.Length)
            {
                Array.Resize(ref _octets, Math.Max(_octets.Length * 2, _length + query.Length));
            }
            query.CopyTo(_octets.AsSpan(_length));
            BinaryPrimitives.WriteUInt16BigEndian(_octets.AsSpan(_length), id);
            _length += query.Length;
            _ends[_count++] = _length;
        }

        public void Send()
        {
            Port!.Send(_octets.AsSpan(0, _length), _ends);
            Port = null;
            _count = _length = 0;
        }
    }
}
