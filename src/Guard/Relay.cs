using System.Net;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>Answers queries on sockets that nobody reads, UDP and TCP, by relaying them to cluster DNS.</summary>
internal sealed class Relay
{
    private readonly EventLoop _loop;
    private readonly IReadOnlyList<IPEndPoint> _servers;
    private readonly GuardMetrics _metrics;
    private readonly GuardLog _log;
    private readonly UdpRelay _udp;
    private readonly TcpRelay _tcp;
    private long? _sinceMs;

    public Relay(GuardParts parts)
    {
        _loop = parts.Loop;
        _servers = parts.Options.ClusterDns;
        _metrics = parts.Metrics;
        _log = parts.Log;
        _udp = new UdpRelay(_loop, _servers, _metrics, parts.Tap);
        _tcp = new TcpRelay(_loop, _servers, _metrics, parts.Tap);
    }

    public bool IsRelaying => _sinceMs is not null;

    /// <summary>Relays these sockets and no others. Relays none when there is no server to relay to.</summary>
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

    /// <summary>Stops these listeners from receiving connections, in every process that holds them. Each one's queue is
    /// accepted just before, so that few queued connections are reset; their clients try another listener.</summary>
    public void StopListening(IEnumerable<GroupMember> members)
    {
        foreach (var socket in members.Select(m => m.Socket).Where(s => s.Protocol == ListenProtocol.Tcp))
        {
            _tcp.AcceptAll(socket.Fd);
            Libc.ShutdownRead(socket.Fd);
        }
    }

    /// <summary>Relays queries that a dead or hung cache has read and not answered. If a hung cache answers later after
    /// all, the clients ignore the second reply.</summary>
    /// <returns>How many queries were relayed.</returns>
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

    /// <summary>Closes every relayed connection, so that clients ask again at once.</summary>
    public void Close() => _tcp.Close();

    /// <summary>When a client last used a relayed socket; null when none has.</summary>
    public long? AskedMs(ListenSocket socket) =>
        socket.Protocol == ListenProtocol.Udp ? _udp.AskedMs(socket.Fd) : _tcp.AskedMs(socket.Fd);

    /// <summary>Inodes of the open TCP connections that the relay has accepted.</summary>
    public HashSet<ulong> Inodes() => _tcp.Inodes();
}
