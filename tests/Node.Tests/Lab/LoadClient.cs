using System.Buffers.Binary;
using System.Net;
using System.Text;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Node.Tests.Lab;

/// <summary>What a <see cref="LoadClient"/> has seen.</summary>
/// <param name="Refused">Told so: by rcode, by ICMP, or by a reset of the second connection too.</param>
public sealed record LoadResult(string Transport, int Asked, int Lost, int Wrong, int Refused, int AskedAgain, double WorstMs)
{
    public override string ToString() => $"{Transport}: {Lost} lost of {Asked}, {Wrong} wrong, {Refused} refused, "
        + $"{AskedAgain} asked again after a reset, worst {WorstMs:0} ms";
}

/// <summary>Asks steadily from inside a namespace, as many lookups a second as told, and counts those without an answer
/// in time.</summary>
/// <remarks>
/// UDP: each lookup is one datagram, never repeated, from one of many sockets. TCP: every second lookup opens a
/// connection of its own, the others share a few that stay open. A connection that is reset or closed is opened again
/// and its unanswered lookups asked again, once, at once, which is what glibc does (res_send.c); their second runs on.
/// </remarks>
public sealed class LoadClient : IDisposable
{
    private const int TickMs = 2;
    private const int UdpSockets = 24;

    /// <summary>TCP connections that stay open.</summary>
    public const int SharedConnections = 12;

    private readonly EventLoop _loop = new();
    private readonly Thread _thread;
    private readonly SocketAddress _server;
    private readonly int _perSecond;
    private readonly int _timeoutMs;
    private readonly int _names;
    private readonly List<UdpAsker> _udp = [];
    private readonly TcpAsker[] _shared = new TcpAsker[SharedConnections];
    private readonly Tick _tick;
    private readonly Counter _udpCounter = new("UDP");
    private readonly Counter _tcpCounter = new("TCP");
    private long _startMs;
    private long _asked;
    private bool _stopping;

    /// <param name="perSecond">Lookups a second, of each transport.</param>
    /// <param name="timeoutMs">A lookup without an answer for so long is lost.</param>
    /// <param name="names">How many names are asked for, one after the other and then anew.</param>
    public LoadClient(NetworkNamespace from, IPEndPoint server, int perSecond, int timeoutMs, int names = 200)
    {
        _timeoutMs = timeoutMs;
        _names = names;
        _server = SocketAddress.From(server);
        _perSecond = perSecond;
        _tick = new Tick(this);
        using var started = new ManualResetEventSlim();
        _thread = new Thread(() => from.Enter(() =>
        {
            Open();
            started.Set();
            _loop.Run();
            return 0;
        }));
        _thread.Start();
        started.Wait();
    }

    /// <summary>Lookups of either transport that have an answer, so far.</summary>
    public int Answered => Math.Min(_udpCounter.AnsweredCount, _tcpCounter.AnsweredCount);

    /// <summary>Lookups that had none in time, so far.</summary>
    public int Lost => _udpCounter.Lost + _tcpCounter.Lost;

    /// <summary>The mean time of an answer over UDP and TCP since the last call.</summary>
    public double TakeMeanMs()
    {
        var (udp, tcp) = (_udpCounter.TakeTimes(), _tcpCounter.TakeTimes());
        return (udp.TotalMs + tcp.TotalMs) / (double)Math.Max(1, udp.Count + tcp.Count);
    }

    /// <summary>When they were asked, by transport, for whoever looks for the reason.</summary>
    public string WhenLost => $"{_udpCounter.WhenLost}, {_tcpCounter.WhenLost}";

    /// <summary>Stops asking, waits for the last answers and tells.</summary>
    public IReadOnlyList<LoadResult> Finish()
    {
        _loop.Post(() => _stopping = true);
        _thread.Join();
        return [_udpCounter.Result(), _tcpCounter.Result()];
    }

    public void Dispose()
    {
        _loop.Stop();
        _thread.Join();
        _loop.Dispose();
    }

    private void Open()
    {
        for (var i = 0; i < UdpSockets; i++)
        {
            _udp.Add(new UdpAsker(this));
        }
        for (var i = 0; i < SharedConnections; i++)
        {
            _shared[i] = new TcpAsker(this, isShared: true);
        }
        _startMs = _loop.NowMs;
        _loop.Arm(_tick, TickMs);
    }

    private void OnTick()
    {
        var due = _stopping ? _asked : (_loop.NowMs - _startMs) * _perSecond / 1000;
        // A machine that stood still does not make up for it in one burst.
        for (var burst = 0; _asked < due && burst < _perSecond / 20; burst++, _asked++)
        {
            _udp[(int)(_asked % UdpSockets)].Ask(_asked);
            var tcp = _asked % 2 == 0 ? new TcpAsker(this, isShared: false) : _shared[_asked / 2 % SharedConnections];
            tcp.Ask(_asked);
        }
        if (_asked < due)
        {
            _startMs = _loop.NowMs - _asked * 1000 / _perSecond;
        }
        var outstanding = _udpCounter.Expire(_loop.NowMs, _timeoutMs) + _tcpCounter.Expire(_loop.NowMs, _timeoutMs);
        if (_stopping && outstanding == 0)
        {
            _loop.Stop();
            return;
        }
        _loop.Arm(_tick, TickMs);
    }

    private int WriteQuery(Span<byte> buffer, ushort id, long number)
    {
        buffer[..12].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(buffer, id);
        buffer[2] = 1;
        buffer[5] = 1;
        var offset = 12;
        foreach (var label in new[] { $"n{number % _names}", "load", "svc", "cluster", "local" })
        {
            buffer[offset] = (byte)label.Length;
            Encoding.ASCII.GetBytes(label, buffer[(offset + 1)..]);
            offset += 1 + label.Length;
        }
        new byte[] { 0, 0, 1, 0, 1 }.CopyTo(buffer[offset..]);
        return offset + 5;
    }

    /// <summary>A reply with an answer and no error is good. So is one that says to ask over TCP, which the guard passes on
    /// when cluster DNS says so.</summary>
    private static Outcome Judge(ReadOnlySpan<byte> reply) => reply.Length > 12 && (reply[2] & 0x80) != 0
        ? (reply[3] & 0x0f) switch
        {
            0 when reply[7] > 0 || (reply[2] & 0x02) != 0 => Outcome.Good,
            5 => Outcome.Refused,
            _ => Outcome.Wrong,
        }
        : Outcome.Wrong;

    private enum Outcome
    {
        Good,
        Wrong,
        Refused,
    }

    /// <summary>One transport's lookups: the oldest first, so that expiry looks only at the front.</summary>
    private sealed class Counter(string transport)
    {
        private readonly Queue<Lookup> _open = [];
        private int _asked;
        private int _lost;
        private int _wrong;
        private int _refused;
        private int _answered;
        private int _again;
        private double _worstMs;
        private long _totalMs;
        private long _timed;
        private long _firstLostMs;
        private long _lastLostMs;

        public int Lost => Volatile.Read(ref _lost);

        /// <summary>The first and the last.</summary>
        public string WhenLost => _lost == 0 ? $"{transport} none"
            : $"{transport} {_lost}, asked {Environment.TickCount64 - _firstLostMs} to {Environment.TickCount64 - _lastLostMs} ms ago";

        public int AnsweredCount => Volatile.Read(ref _answered);

        public Lookup Begin(long nowMs)
        {
            _asked++;
            var lookup = new Lookup { AskedMs = nowMs };
            _open.Enqueue(lookup);
            return lookup;
        }

        public void Answered(Lookup lookup, Outcome outcome, long nowMs)
        {
            if (lookup.IsDone)
            {
                return;
            }
            lookup.IsDone = true;
            _answered++;
            _wrong += outcome == Outcome.Wrong ? 1 : 0;
            _refused += outcome == Outcome.Refused ? 1 : 0;
            _worstMs = Math.Max(_worstMs, nowMs - lookup.AskedMs);
            Interlocked.Add(ref _totalMs, nowMs - lookup.AskedMs);
            Interlocked.Increment(ref _timed);
        }

        public (long TotalMs, long Count) TakeTimes() => (Interlocked.Exchange(ref _totalMs, 0), Interlocked.Exchange(ref _timed, 0));

        public void Again(int count) => _again += count;

        public int Expire(long nowMs, int timeoutMs)
        {
            while (_open.TryPeek(out var first) && (first.IsDone || nowMs - first.AskedMs > timeoutMs))
            {
                if (!first.IsDone)
                {
                    _lastLostMs = Environment.TickCount64 - (nowMs - first.AskedMs);
                    _firstLostMs = _lost++ == 0 ? _lastLostMs : _firstLostMs;
                    first.IsDone = true;
                }
                _open.Dequeue();
            }
            return _open.Count;
        }

        public LoadResult Result() => new(transport, _asked, _lost, _wrong, _refused, _again, _worstMs);
    }

    private sealed class Lookup
    {
        public long AskedMs;
        public bool IsDone;
        public bool WasAskedAgain;
        public long Number;
    }

    private sealed class UdpAsker : IEventHandler
    {
        private readonly LoadClient _client;
        private readonly int _fd;
        private readonly Dictionary<ushort, Lookup> _open = [];
        private readonly byte[] _buffer = new byte[2048];
        private ushort _id;

        public UdpAsker(LoadClient client)
        {
            _client = client;
            var family = client._server.Family == SocketAddress.FamilyIPv6 ? Libc.AF_INET6 : Libc.AF_INET;
            _fd = Libc.Socket(family, Libc.SOCK_DGRAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0).OrThrow("socket");
            Libc.Connect(_fd, client._server).OrThrow("connect");
            client._loop.Add(_fd, Libc.EPOLLIN, this);
        }

        public void Ask(long number)
        {
            var lookup = _client._udpCounter.Begin(_client._loop.NowMs);
            _open[++_id] = lookup;
            Libc.Send(_fd, _buffer.AsSpan(0, _client.WriteQuery(_buffer, _id, number)));
        }

        public void OnEvents(uint events)
        {
            while (true)
            {
                var received = Libc.Receive(_fd, _buffer);
                if (received.WouldBlock)
                {
                    return;
                }
                if (received.IsError)
                {
                    OnRefused();
                }
                else if (_open.Remove(BinaryPrimitives.ReadUInt16BigEndian(_buffer), out var lookup))
                {
                    _client._udpCounter.Answered(lookup, Judge(_buffer.AsSpan(0, received.Value)), _client._loop.NowMs);
                }
            }
        }

        /// <summary>ICMP does not say of which lookup: the latest.</summary>
        private void OnRefused()
        {
            if (_open.Remove(_id, out var lookup))
            {
                _client._udpCounter.Answered(lookup, Outcome.Refused, _client._loop.NowMs);
            }
        }
    }

    private sealed class TcpAsker(LoadClient client, bool isShared) : IEventHandler
    {
        private readonly Dictionary<ushort, Lookup> _open = [];
        private readonly byte[] _received = new byte[16 << 10];
        private int _fd = -1;
        private int _filled;
        private bool _connected;
        private ushort _id;

        public void Ask(long number)
        {
            var lookup = client._tcpCounter.Begin(client._loop.NowMs);
            lookup.Number = number;
            _open[++_id] = lookup;
            if (_fd < 0)
            {
                Connect();
            }
            else if (_connected)
            {
                Send(_id, number);
            }
        }

        public void OnEvents(uint events)
        {
            if (!_connected)
            {
                Libc.GetSocketOption(_fd, Libc.SOL_SOCKET, Libc.SO_ERROR, out var error);
                if (error != 0)
                {
                    Reopen();
                    return;
                }
                _connected = true;
                client._loop.Modify(_fd, Libc.EPOLLIN);
                foreach (var (id, lookup) in _open.ToList())
                {
                    Send(id, lookup.Number);
                }
                return;
            }
            while (_fd >= 0)
            {
                var received = Libc.Receive(_fd, _received.AsSpan(_filled));
                if (received.WouldBlock)
                {
                    return;
                }
                if (received.IsError || received.Value == 0)
                {
                    Reopen();
                    return;
                }
                _filled += received.Value;
                Read();
            }
        }

        private void Read()
        {
            var offset = 0;
            while (_filled - offset >= 2
                && _filled - offset - 2 >= BinaryPrimitives.ReadUInt16BigEndian(_received.AsSpan(offset)))
            {
                var reply = _received.AsSpan(offset + 2,
                    BinaryPrimitives.ReadUInt16BigEndian(_received.AsSpan(offset)));
                offset += 2 + reply.Length;
                if (_open.Remove(BinaryPrimitives.ReadUInt16BigEndian(reply), out var lookup))
                {
                    client._tcpCounter.Answered(lookup, Judge(reply), client._loop.NowMs);
                }
            }
            _received.AsSpan(offset, _filled - offset).CopyTo(_received);
            _filled -= offset;
            if (!isShared && _open.Count == 0)
            {
                Close();
            }
        }

        /// <summary>Closed by the other side: unanswered lookups are asked once more.</summary>
        private void Reopen()
        {
            Close();
            foreach (var (id, lookup) in _open.ToList())
            {
                if (lookup.WasAskedAgain)
                {
                    client._tcpCounter.Answered(lookup, Outcome.Refused, client._loop.NowMs);
                }
                if (lookup.IsDone)
                {
                    _open.Remove(id);
                }
                lookup.WasAskedAgain = true;
            }
            if (_open.Count > 0)
            {
                client._tcpCounter.Again(_open.Count);
                Connect();
            }
        }

        private void Connect()
        {
            var family = client._server.Family == SocketAddress.FamilyIPv6 ? Libc.AF_INET6 : Libc.AF_INET;
            _fd = Libc.Socket(family, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0).OrThrow("socket");
            Libc.SetSocketOption(_fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
            _filled = 0;
            Libc.Connect(_fd, client._server);
            client._loop.Add(_fd, Libc.EPOLLOUT, this);
        }

        private void Send(ushort id, long number)
        {
            Span<byte> message = stackalloc byte[256];
            var length = client.WriteQuery(message[2..], id, number);
            BinaryPrimitives.WriteUInt16BigEndian(message, (ushort)length);
            Libc.Send(_fd, message[..(length + 2)]);
        }

        private void Close()
        {
            if (_fd >= 0)
            {
                client._loop.Remove(_fd);
                Libc.Close(_fd);
                _fd = -1;
                _connected = false;
            }
        }
    }

    private sealed class Tick(LoadClient client) : LoopTimer
    {
        public override void OnTimer() => client.OnTick();
    }
}
