using System.Net;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>Answers for sockets that nobody reads, by relaying to cluster DNS; both protocols.</summary>
internal sealed class Relay
{
    private readonly EventLoop _loop;
    private readonly IReadOnlyList<IPEndPoint> _servers;
    private readonly GuardMetrics _metrics;
    private readonly GuardLog _log;
    private readonly UdpRelay _udp;
    private readonly TcpRelay _tcp;
    private long? _sinceMs;

    public Relay(EventLoop loop, IReadOnlyList<IPEndPoint> servers, GuardMetrics metrics, GuardLog log)
    {
        _loop = loop;
        _servers = servers;
        _metrics = metrics;
        _log = log;
        _udp = new UdpRelay(loop, servers, metrics);
        _tcp = new TcpRelay(loop, servers, metrics);
    }

    public bool IsRelaying => _sinceMs is not null;

    /// <summary>Reads these sockets, and no others. Without a server to relay to, none.</summary>
    public void Use(IReadOnlyCollection<ListenSocket> sockets)
    {
        var read = _servers.Count == 0 ? [] : sockets;
        if (read.Count > 0 && _sinceMs is null)
        {
            _sinceMs = _loop.NowMs;
            _log.Relaying(string.Join(", ", _servers));
        }
        _udp.Use(read);
        _tcp.Use(read);
        if (read.Count == 0 && _sinceMs is { } since)
        {
            _sinceMs = null;
            _metrics.Relayed(_loop.NowMs - since);
            _log.Relayed(_loop.NowMs - since);
        }
    }

    /// <summary>Relays queries that a dead or hung cache had read and not answered. If it answers after all, its clients
    /// drop the second reply.</summary>
    /// <returns>How many.</returns>
    public int Rescue(IEnumerable<OpenQuery> queries, SocketSet sockets)
    {
        var relayed = 0;
        foreach (var query in _servers.Count == 0 ? [] : queries)
        {
            if (sockets.Find(query.Socket) is { } member)
            {
                _udp.Relay(query.Message, query.Client, member.Socket.Fd);
                _metrics.RescuedQuery();
                relayed++;
            }
        }
        return relayed;
    }

    /// <summary>When something last came to a socket that is relayed; null: nothing has.</summary>
    public long? AskedMs(ListenSocket socket) =>
        socket.Protocol == ListenProtocol.Udp ? _udp.AskedMs(socket.Fd) : _tcp.AskedMs(socket.Fd);

    /// <summary>Of the TCP connections that were accepted here and are open.</summary>
    public HashSet<ulong> Inodes() => _tcp.Inodes();
}
