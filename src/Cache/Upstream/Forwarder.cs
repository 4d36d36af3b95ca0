using System.Net.Sockets;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Upstream;

/// <summary>One worker's side of one <c>forward</c> directive: takes a query, calls back with the answer.</summary>
/// <remarks>Everything here runs on the loop's thread. Warm, a query over UDP or TCP allocates nothing.</remarks>
internal sealed class Forwarder : ITurnEnd, IDisposable
{
    /// <summary>Queries one worker has under way for one forward: bounds memory (about 0.5 KB each) when an upstream is
    /// gone and nobody set max_concurrent.</summary>
    public const int ActiveMaximum = 16_384;

    /// <summary>Idle exchange objects kept.</summary>
    private const int PooledMaximum = 1024;

    private readonly Stack<Exchange> _pool = new();
    private readonly List<Exchange> _failed = [];
    private readonly ConnectionPool?[] _connections;
    private readonly HealthProbe?[] _probes;
    private readonly EdnsProbe?[] _ednsProbes;
    private readonly UdpChannelPool _channels4;
    private readonly UdpChannelPool _channels6;
    private Exchange? _active;
    private int _activeCount;
    private bool _turnEndAsked;

    public Forwarder(EventLoop loop, UpstreamGroup group, WorkerCounters counters)
    {
        Loop = loop;
        Group = group;
        Counters = counters;
        _connections = new ConnectionPool?[group.Servers.Length];
        _probes = new HealthProbe?[group.Servers.Length];
        _ednsProbes = new EdnsProbe?[group.Servers.Length];
        _channels4 = new UdpChannelPool(this, AddressFamily.InterNetwork);
        _channels6 = new UdpChannelPool(this, AddressFamily.InterNetworkV6);
    }

    public UpstreamGroup Group { get; }

    /// <summary>Queries under way.</summary>
    public int Active => _activeCount;

    internal EventLoop Loop { get; }

    internal WorkerCounters Counters { get; }

    internal RandomIds Random { get; } = new();

    internal ForwardOptions Options => Group.Options;

    internal bool IsRetired { get; private set; }

    /// <summary>Asks the forward's servers.</summary>
    /// <param name="query">A whole message with one question; its id is replaced. Copied before the method
    /// returns.</param>
    /// <param name="clientUsedTcp">The protocol to use unless force_tcp or prefer_udp says otherwise.</param>
    /// <param name="owner">Called exactly once, on the loop's thread, never from inside this method.</param>
    public void Forward(ReadOnlySpan<byte> query, bool clientUsedTcp, IExchangeOwner owner)
    {
        if (_activeCount >= ActiveMaximum || !Group.TryEnter(Counters))
        {
            Rent().Reject(owner, UpstreamError.TooManyConcurrent);
            return;
        }
        Rent().Begin(query, clientUsedTcp, owner, entered: true);
    }

    /// <summary>Asks every server, as it would one that has failed, until it answers: whether names resolve is then
    /// known before a client asks.</summary>
    public void Prove()
    {
        foreach (var server in Group.Servers)
        {
            if (server.TakeProbe())
            {
                StartProbe(server);
            }
        }
    }

    /// <summary>The configuration has been replaced: queries under way finish, idle sockets close, probing
    /// ends.</summary>
    public void Retire()
    {
        IsRetired = true;
        foreach (var probe in _probes)
        {
            probe?.Stop();
        }
        foreach (var probe in _ednsProbes)
        {
            probe?.Stop();
        }
        foreach (var pool in _connections)
        {
            pool?.CloseIdle();
        }
        _channels4.Dispose();
        _channels6.Dispose();
    }

    /// <summary>Closes everything; queries under way fail with <see cref="UpstreamError.Stopped"/> before this
    /// returns.</summary>
    public void Dispose()
    {
        Retire();
        while (_active is { } exchange)
        {
            if (!_failed.Contains(exchange))
            {
                exchange.Fail(UpstreamError.Stopped);
            }
            OnTurnEnd();
        }
        foreach (var pool in _connections)
        {
            pool?.Dispose();
        }
    }

    public void OnTurnEnd()
    {
        _turnEndAsked = false;
        for (var i = 0; i < _failed.Count; i++)
        {
            _failed[i].ReportFailure();
        }
        _failed.Clear();
    }

    internal UdpChannelPool Channels(UpstreamState server) =>
        server.Endpoint.Address.AddressFamily == AddressFamily.InterNetworkV6 ? _channels6 : _channels4;

    internal ConnectionPool Connections(UpstreamState server) =>
        _connections[server.Index] ??= new ConnectionPool(this, server);

    /// <summary>A query or connection failed at this server; starts probing if no worker does yet.</summary>
    internal void ServerFailed(UpstreamState server)
    {
        if (!IsRetired && server.Failed(Loop.NowMs))
        {
            StartProbe(server);
        }
    }

    internal void ServerAnswered(UpstreamState server)
    {
        if (server.Answered(Loop.NowMs))
        {
            server.Trouble = null;
            Group.Log.UpstreamUp(server.Endpoint.To);
        }
    }

    /// <summary>One question, asked once, that says something about the server.</summary>
    internal void Probe(ReadOnlySpan<byte> query, UpstreamState server, IExchangeOwner owner) =>
        Rent().BeginProbe(query, server, owner);

    /// <summary>This query, with an OPT record, met silence: finds out whether that is why, if no worker does
    /// yet.</summary>
    internal void FindOutAboutEdns(UpstreamState server, ReadOnlySpan<byte> query)
    {
        if (!IsRetired && server.Path.TakeEdnsProbe())
        {
            (_ednsProbes[server.Index] ??= new EdnsProbe(this, server)).Start(query);
        }
    }

    /// <summary>The server drops OPT records: those that wait for it are sent again without.</summary>
    internal void SendPlain(UpstreamState server)
    {
        for (Exchange? exchange = _active, next; exchange is not null; exchange = next)
        {
            next = exchange.Next;
            exchange.SendPlain(server);
        }
    }

    internal void FailAtTurnEnd(Exchange exchange)
    {
        _failed.Add(exchange);
        if (!_turnEndAsked)
        {
            _turnEndAsked = true;
            Loop.AtTurnEnd(this);
        }
    }

    internal void Recycle(Exchange exchange)
    {
        if (exchange.Previous is { } previous)
        {
            previous.Next = exchange.Next;
        }
        else
        {
            _active = exchange.Next;
        }
        if (exchange.Next is { } next)
        {
            next.Previous = exchange.Previous;
        }
        exchange.Next = exchange.Previous = null;
        _activeCount--;
        if (_pool.Count < PooledMaximum)
        {
            _pool.Push(exchange);
        }
    }

    private void StartProbe(UpstreamState server) =>
        (_probes[server.Index] ??= new HealthProbe(this, server)).Start();

    private Exchange Rent()
    {
        if (!_pool.TryPop(out var exchange))
        {
            exchange = new Exchange(this);
        }
        exchange.Next = _active;
        if (_active is not null)
        {
            _active.Previous = exchange;
        }
        _active = exchange;
        _activeCount++;
        return exchange;
    }
}
