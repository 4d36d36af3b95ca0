using System.Net;
using NodeDns.Cache.Interop.Linux;
using NodeDns.Cache.Listen;
using NodeDns.Cache.Loop;
using SocketAddress = NodeDns.Cache.Interop.Linux.SocketAddress;

namespace NodeDns.Cache.Guard;

/// <summary>Accepts connections from the listening sockets and joins each to one to cluster DNS.</summary>
internal sealed class TcpRelay(EventLoop loop, IReadOnlyList<IPEndPoint> servers, GuardMetrics metrics)
{
    /// <summary>Two descriptors each; beyond it connections wait in the kernel's queue.</summary>
    private const int MaxPipes = 2000;

    private readonly IReadOnlyList<SocketAddress> _servers = [.. servers.Select(SocketAddress.From)];
    private readonly Dictionary<int, Source> _sources = [];
    private int _pipes;
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

    private void Accept(int listenFd)
    {
        while (_pipes < MaxPipes && Libc.Accept(listenFd, out _) is { IsError: false } accepted)
        {
            _pipes++;
            metrics.RelayedConnection();
            new TcpPipe(loop, accepted.Value, _servers, (int)(_next++ % (uint)Math.Max(1, _servers.Count)), OnClosed).Start();
        }
        if (_pipes >= MaxPipes && !_full)
        {
            _full = true;
            WatchFor(0);
        }
    }

    private void OnClosed()
    {
        _pipes--;
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
