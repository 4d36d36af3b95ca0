using System.Diagnostics;
using System.Net;
using NodeDns.Guard.Node;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Guard;

/// <summary>Accepts connections from the listening sockets and connects each to cluster DNS.</summary>
internal sealed class TcpRelay(EventLoop loop, IReadOnlyList<IPEndPoint> servers, GuardMetrics metrics, RelayTap tap)
{
    private readonly IReadOnlyList<SocketAddress> _servers = [.. servers.Select(SocketAddress.From)];
    private readonly Dictionary<int, Source> _sources = [];
    private readonly HashSet<TcpPipe> _pipes = [];
    private uint _next;

    /// <summary>Accepts from these TCP sockets and no others. Sockets in both the old and the new list are not
    /// interrupted, and open connections are served to their end.</summary>
    public void Use(IReadOnlyCollection<ListenSocket> sockets)
    {
        var wanted = sockets.Where(s => s.Protocol == ListenProtocol.Tcp).Select(s => s.Fd).ToHashSet();
        foreach (var fd in _sources.Keys.Where(fd => !wanted.Contains(fd)).ToList())
        {
            loop.Remove(fd);
            _sources.Remove(fd);
        }
        foreach (var fd in wanted.Where(fd => !_sources.ContainsKey(fd)))
        {
            var source = new Source(this, fd);
            _sources.Add(fd, source);
            loop.Add(fd, Libc.EPOLLIN, source);
            source.OnEvents(Libc.EPOLLIN);
        }
    }

    /// <summary>Closes every connection.</summary>
    public void Close()
    {
        foreach (var pipe in _pipes.ToList())
        {
            pipe.Close();
        }
    }

    /// <summary>Accepts all queued connections of a socket that is being relayed.</summary>
    public void AcceptAll(int listenFd)
    {
        if (_sources.GetValueOrDefault(listenFd) is { } source)
        {
            Accept(source);
        }
    }

    /// <summary>When a client last connected to this socket; null when none has.</summary>
    public long? AskedMs(int listenFd) => _sources.GetValueOrDefault(listenFd)?.AskedMs;

    /// <summary>Inodes of the open connections that were accepted here.</summary>
    public HashSet<ulong> Inodes() => [.. _pipes.Select(pipe => SocketTable.Inode(pipe.ClientFd))];

    private void Accept(Source source)
    {
        while (Libc.Accept(source.Fd, out var client) is { IsError: false } accepted)
        {
            source.AskedMs = loop.NowMs;
            if (_pipes.Count >= Limits.Pipes)
            {
                MakeRoom();
            }
            metrics.RelayedConnection();
            var first = (int)(_next++ % (uint)Math.Max(1, _servers.Count));
            var acceptedTicks = Stopwatch.GetTimestamp();
            var pipe = new TcpPipe(loop, accepted.Value, client, _servers, first, closed =>
            {
                _pipes.Remove(closed);
                tap.Write(closed.Client, default, acceptedTicks, replyOctets: 0, isTcp: true);
            });
            _pipes.Add(pipe);
            pipe.Start();
        }
    }

    /// <summary>Closes the longest idle connection of the client that has the most, so that a client with many
    /// connections cannot keep others out.</summary>
    private void MakeRoom() => _pipes
        .GroupBy(pipe => ClientShares.Key(pipe.Client))
        .MaxBy(client => client.Count())!
        .MinBy(pipe => pipe.MovedMs)!
        .Close();

    private sealed class Source(TcpRelay relay, int fd) : IEventHandler
    {
        public int Fd => fd;

        public long? AskedMs { get; set; }

        public void OnEvents(uint events) => relay.Accept(this);
    }
}
