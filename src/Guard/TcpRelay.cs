using System.Net;
using NodeDns.Guard.Node;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Guard;

/// <summary>Accepts connections from the listening sockets and joins each to one to cluster DNS.</summary>
internal sealed class TcpRelay(EventLoop loop, IReadOnlyList<IPEndPoint> servers, GuardMetrics metrics)
{
    /// <summary>Two descriptors each; beyond it connections wait in the kernel's queue.</summary>
    private const int MaxPipes = 2000;

    private readonly IReadOnlyList<SocketAddress> _servers = [.. servers.Select(SocketAddress.From)];
    private readonly Dictionary<int, Source> _sources = [];
    private readonly HashSet<TcpPipe> _pipes = [];
    private uint _next;
    private bool _full;

    /// <summary>Begins accepting. A socket that is accepted from already stays.</summary>
    public void Start(IEnumerable<ListenSocket> sockets)
    {
        foreach (var socket in sockets.Where(s => s.Protocol == ListenProtocol.Tcp && !_sources.ContainsKey(s.Fd)))
        {
            var source = new Source(this, socket.Fd);
            _sources.Add(socket.Fd, source);
            loop.Add(socket.Fd, Libc.EPOLLIN, source);
        }
    }

    /// <summary>Stops accepting; open connections are served to their end.</summary>
    public void Stop()
    {
        foreach (var fd in _sources.Keys)
        {
            loop.Remove(fd);
        }
        _sources.Clear();
        _full = false;
    }

    /// <summary>Of the connections that were accepted here and are open.</summary>
    public HashSet<ulong> Inodes() => [.. _pipes.Select(pipe => SocketTable.Inode(pipe.ClientFd))];

    private void Accept(int listenFd)
    {
        while (_pipes.Count < MaxPipes && Libc.Accept(listenFd, out _) is { IsError: false } accepted)
        {
            metrics.RelayedConnection();
            var first = (int)(_next++ % (uint)Math.Max(1, _servers.Count));
            var pipe = new TcpPipe(loop, accepted.Value, _servers, first, OnClosed);
            _pipes.Add(pipe);
            pipe.Start();
        }
        if (_pipes.Count >= MaxPipes && !_full)
        {
            _full = true;
            WatchFor(0);
        }
    }

    private void OnClosed(TcpPipe pipe)
    {
        _pipes.Remove(pipe);
        if (_full)
        {
            _full = false;
            WatchFor(Libc.EPOLLIN);
        }
    }

    private void WatchFor(uint events)
    {
        foreach (var fd in _sources.Keys)
        {
            loop.Modify(fd, events);
        }
    }

    private sealed class Source(TcpRelay relay, int fd) : IEventHandler
    {
        public void OnEvents(uint events) => relay.Accept(fd);
    }
}
