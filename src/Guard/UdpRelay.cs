using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Guard;

/// <summary>Forwards datagrams from the listening sockets to cluster DNS, and sends the replies back from the same
/// sockets.</summary>
/// <remarks>
/// Messages are not parsed. The message id (octets 0-1) is replaced by a random one, by which the reply finds its
/// client. All queries share a few connected sockets. They are replaced each second, so that kube-proxy chooses another
/// endpoint when the old one has gone, and so that source ports change.
/// </remarks>
internal sealed class UdpRelay
{
    private const int SocketsPerGeneration = 4;
    private const int GenerationMs = 1000;

    /// <summary>Replies that take longer are useless: the resolvers of glibc and musl wait for 5 s at most.</summary>
    private const int ReplyWaitMs = 5000;

    private const int DatagramsPerEvent = 64;
    private const int HeaderOctets = 12;

    private readonly EventLoop _loop;
    private readonly IReadOnlyList<SocketAddress> _servers;
    private readonly GuardMetrics _metrics;
    private readonly RelayTap _tap;
    private readonly byte[] _buffer = new byte[65_536];
    private readonly Dictionary<int, Source> _sources = [];
    private readonly List<Upstream> _upstreams = [];
    private readonly LoopAction _sweep;
    private readonly ClientShares _waiting = new(Limits.Queries, Limits.QueriesOfOneClient);
    private long _generationMs = long.MinValue / 2;
    private uint _next;

    public UdpRelay(EventLoop loop, IReadOnlyList<IPEndPoint> servers, GuardMetrics metrics, RelayTap tap)
    {
        _tap = tap;
        _loop = loop;
        _servers = [.. servers.Select(SocketAddress.From)];
        _metrics = metrics;
        _sweep = new LoopAction(Sweep);
    }

    /// <summary>Reads these UDP sockets and no others. Sockets in both the old and the new list are not interrupted.
    /// Replies to queries from sockets that are dropped are still delivered.</summary>
    public void Use(IReadOnlyCollection<ListenSocket> sockets)
    {
        var wanted = sockets.Where(s => s.Protocol == ListenProtocol.Udp).Select(s => s.Fd).ToHashSet();
        foreach (var fd in _sources.Keys.Where(fd => !wanted.Contains(fd)).ToList())
        {
            _loop.Remove(fd);
            _sources.Remove(fd);
        }
        foreach (var fd in wanted.Where(fd => !_sources.ContainsKey(fd)))
        {
            var source = new Source(this, fd);
            _sources.Add(fd, source);
            _loop.Add(fd, Libc.EPOLLIN, source);
            source.OnEvents(Libc.EPOLLIN);
        }
    }

    /// <summary>When a datagram last came to this socket; null when none has.</summary>
    public long? AskedMs(int listenFd) => _sources.GetValueOrDefault(listenFd)?.AskedMs;

    /// <summary>Forwards one datagram that came to a listening socket. The relay or a cache may have read it.</summary>
    /// <param name="query">The query; its message id is overwritten.</param>
    public void Relay(Span<byte> query, in SocketAddress client, int listenFd)
    {
        const int responseBit = 0x80;
        if (query.Length < HeaderOctets || (query[2] & responseBit) != 0 || !_waiting.HasRoomFor(client))
        {
            return;
        }
        if (_loop.NowMs - _generationMs >= GenerationMs)
        {
            OpenGeneration();
        }
        var id = BinaryPrimitives.ReadUInt16BigEndian(query);
        // If a send fails with ECONNREFUSED, try the next socket. The error belongs to an earlier query and costs no
        // time.
        for (var attempt = 0; attempt < SocketsPerGeneration && _upstreams.Count > 0; attempt++)
        {
            var first = Math.Max(0, _upstreams.Count - SocketsPerGeneration);
            var upstream = _upstreams[first + (int)(_next++ % (uint)(_upstreams.Count - first))];
            var asked = upstream.Reserve(new Pending(client, listenFd, id, _loop.NowMs, Stopwatch.GetTimestamp()));
            BinaryPrimitives.WriteUInt16BigEndian(query, asked);
            if (!Libc.Send(upstream.Fd, query).IsError)
            {
                _waiting.Add(client);
                _metrics.RelayedQuery();
                return;
            }
            upstream.Pending.Remove(asked);
        }
    }

    private void Forward(Source source)
    {
        for (var i = 0; i < DatagramsPerEvent; i++)
        {
            var received = Libc.ReceiveFrom(source.Fd, _buffer, out var client);
            if (received.IsError)
            {
                return;
            }
            source.AskedMs = _loop.NowMs;
            Relay(_buffer.AsSpan(0, received.Value), client, source.Fd);
        }
    }

    private void OpenGeneration()
    {
        _generationMs = _loop.NowMs;
        for (var i = 0; i < SocketsPerGeneration; i++)
        {
            var server = _servers[i % _servers.Count];
            var family = server.Family == SocketAddress.FamilyIPv6 ? Libc.AF_INET6 : Libc.AF_INET;
            var fd = Libc.Socket(family, Libc.SOCK_DGRAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
            if (fd.IsError)
            {
                continue;
            }
            if (Libc.Connect(fd.Value, server).IsError)
            {
                Libc.Close(fd.Value);
                continue;
            }
            Libc.SetSocketOption(fd.Value, Libc.SOL_SOCKET, Libc.SO_RCVBUF, ListenSockets.ReceiveBufferBytes);
            var upstream = new Upstream(this, fd.Value, server);
            _upstreams.Add(upstream);
            _loop.Add(fd.Value, Libc.EPOLLIN, upstream);
        }
        if (!_sweep.IsArmed)
        {
            _loop.Arm(_sweep, GenerationMs);
        }
    }

    private void Receive(Upstream upstream)
    {
        for (var i = 0; i < DatagramsPerEvent; i++)
        {
            var received = Libc.Receive(upstream.Fd, _buffer);
            if (received.WouldBlock)
            {
                return;
            }
            if (received.IsError || received.Value < HeaderOctets
                || !upstream.Pending.Remove(BinaryPrimitives.ReadUInt16BigEndian(_buffer), out var pending))
            {
                continue;
            }
            _waiting.Remove(pending.Client);
            BinaryPrimitives.WriteUInt16BigEndian(_buffer, pending.Id);
            Libc.SendTo(pending.ListenFd, _buffer.AsSpan(0, received.Value), pending.Client);
            _metrics.RelayedReply();
            _tap.Write(pending.Client, upstream.Server, pending.SentTicks, received.Value, isTcp: false);
        }
    }

    /// <summary>Closes older upstream sockets that wait for no more replies.</summary>
    private void Sweep()
    {
        var current = _loop.NowMs - _generationMs < GenerationMs ? SocketsPerGeneration : 0;
        for (var i = _upstreams.Count - 1 - current; i >= 0; i--)
        {
            var upstream = _upstreams[i];
            foreach (var (id, pending) in upstream.Pending)
            {
                if (_loop.NowMs - pending.SentMs > ReplyWaitMs)
                {
                    upstream.Pending.Remove(id);
                    _waiting.Remove(pending.Client);
                    _tap.Write(pending.Client, upstream.Server, pending.SentTicks, replyOctets: 0, isTcp: false);
                }
            }
            if (upstream.Pending.Count == 0)
            {
                _loop.Remove(upstream.Fd);
                Libc.Close(upstream.Fd);
                _upstreams.RemoveAt(i);
            }
        }
        if (_upstreams.Count > 0)
        {
            _loop.Arm(_sweep, GenerationMs);
        }
    }

    private readonly record struct Pending(SocketAddress Client, int ListenFd, ushort Id, long SentMs, long SentTicks);

    private sealed class Source(UdpRelay relay, int fd) : IEventHandler
    {
        public int Fd => fd;

        public long? AskedMs { get; set; }

        public void OnEvents(uint events) => relay.Forward(this);
    }

    private sealed class Upstream(UdpRelay relay, int fd, SocketAddress server) : IEventHandler
    {
        public int Fd => fd;

        public SocketAddress Server => server;

        public Dictionary<ushort, Pending> Pending { get; } = [];

        public void OnEvents(uint events) => relay.Receive(this);

        /// <summary>Chooses a free, unpredictable id and remembers the client under it.</summary>
        public ushort Reserve(in Pending pending)
        {
            Span<byte> random = stackalloc byte[2];
            Libc.FillRandom(random);
            var id = BitConverter.ToUInt16(random);
            while (!Pending.TryAdd(id, pending))
            {
                id++;
            }
            return id;
        }
    }
}
