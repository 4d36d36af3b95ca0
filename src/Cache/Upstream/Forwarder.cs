using System.Net.Sockets;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Upstream;

/// <summary>One worker's part of one <c>forward</c> directive: takes a query and calls back with the answer.</summary>
/// <remarks>All members run on the loop's thread. Once warm, a query over UDP or TCP allocates nothing.</remarks>
internal sealed class Forwarder : ITurnEnd, IDisposable
{
    /// <summary>The most pending queries of one worker for one forward. Limits memory (about 0.5 KB each) when an
    /// upstream has gone and max_concurrent is not set.</summary>
    public const int ActiveMaximum = 16_384;

    /// <summary>The most exchange objects that are kept for reuse.</summary>
    private const int PooledMaximum = 1024;

    private readonly Stack<ClientExchange> _pool = new();
    private readonly List<Exchange> _failed = [];
    private readonly ConnectionPool?[] _connections;
    private readonly HealthProbe?[] _probes;
    private readonly EdnsProbe?[] _ednsProbes;
    private readonly UdpPorts _ports4;
    private readonly UdpPorts _ports6;
    private Exchange? _active;
    private int _activeCount;
    private bool _turnEndAsked;

    public Forwarder(EventLoop loop, UpstreamGroup group, WorkerCounters counters)
    {
        Loop = loop;
        Group = group;
        Counters = counters;
        _connections = new ConnectionPool?[group.IndexLimit];
        _probes = new HealthProbe?[group.IndexLimit];
        _ednsProbes = new EdnsProbe?[group.IndexLimit];
        _ports4 = new UdpPorts(this, AddressFamily.InterNetwork);
        _ports6 = new UdpPorts(this, AddressFamily.InterNetworkV6);
    }

    public UpstreamGroup Group { get; }

    /// <summary>How many queries are pending.</summary>
    public int Active => _activeCount;

    internal EventLoop Loop { get; }

    internal WorkerCounters Counters { get; }

    internal RandomIds Random { get; } = new();

    internal ForwardOptions Options => Group.Options;

    /// <summary>What keeps the group's endpoints up to date; null on all workers but the first.</summary>
    internal EndpointLookup? Endpoints { get; set; }

    internal bool IsRetired { get; private set; }

    /// <summary>Asks the servers of this forward.</summary>
    /// <param name="query">A whole message with one question. It is copied before the method returns, and its id is
    /// replaced.</param>
    /// <param name="clientUsedTcp">The client used TCP. Decides the protocol, unless force_tcp or prefer_udp is
    /// set.</param>
    /// <param name="owner">Called back exactly once, on the loop's thread, never during this call.</param>
    public void Forward(ReadOnlySpan<byte> query, bool clientUsedTcp, IExchangeOwner owner)
    {
        if (_activeCount >= ActiveMaximum || !Group.TryEnter(Counters))
        {
            Rent().Reject(owner, UpstreamError.TooManyConcurrent);
            return;
        }
        Rent().Begin(query, clientUsedTcp, owner);
    }

    /// <summary>Probes every server until it answers, so that it is known whether names resolve before a client
    /// asks.</summary>
    public void Prove()
    {
        foreach (var server in Group.Servers)
        {
            Prove(server);
        }
    }

    /// <summary>Probes a server until it answers.</summary>
    internal void Prove(UpstreamState server)
    {
        if (server.TakeProbe())
        {
            StartProbe(server);
        }
    }

    /// <summary>Called when the configuration has been replaced: pending queries finish, idle sockets close, probing
    /// ends.</summary>
    public void Retire()
    {
        IsRetired = true;
        Endpoints?.Stop();
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
        _ports4.Dispose();
        _ports6.Dispose();
    }

    /// <summary>Closes everything. Pending queries fail with <see cref="UpstreamError.Stopped"/> before this
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

    internal UdpPorts Ports(UpstreamState server) =>
        server.Endpoint.Address.AddressFamily == AddressFamily.InterNetworkV6 ? _ports6 : _ports4;

    internal ConnectionPool Connections(UpstreamState server)
    {
        ref var pool = ref _connections[server.Index];
        if (pool?.Server != server)
        {
            // The place of an endpoint that has left. What waits on its connections is still answered.
            pool?.CloseIdle();
            pool = new ConnectionPool(this, server);
        }
        return pool;
    }

    /// <summary>Records that a query or connection failed at this server. Starts probing, unless a worker already
    /// does.</summary>
    internal void ServerFailed(UpstreamState server)
    {
        if (!IsRetired && !server.HasLeft && server.Failed(Loop.NowMs))
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

    /// <summary>Asks one question once, to learn something about the server.</summary>
    internal void Probe(ReadOnlySpan<byte> query, UpstreamState server, IExchangeOwner owner)
    {
        var exchange = new ProbeExchange(this, server);
        Link(exchange);
        exchange.Begin(query, owner);
    }

    /// <summary>Starts to find out whether the OPT record is why this query got no answer, unless a worker already
    /// does.</summary>
    internal void FindOutAboutEdns(UpstreamState server, ReadOnlySpan<byte> query)
    {
        if (!IsRetired && server.Path.TakeEdnsProbe())
        {
            ref var probe = ref _ednsProbes[server.Index];
            if (probe?.Server != server)
            {
                probe?.Stop();
                probe = new EdnsProbe(this, server);
            }
            probe.Start(query);
        }
    }

    /// <summary>The server drops OPT records: sends all queries that wait for it again, without OPT.</summary>
    internal void SendPlain(UpstreamState server)
    {
        for (Exchange? exchange = _active, next; exchange is not null; exchange = next)
        {
            next = exchange.Next;
            (exchange as ClientExchange)?.SendPlain(server);
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
        if (exchange is ClientExchange pooled && _pool.Count < PooledMaximum)
        {
            _pool.Push(pooled);
        }
    }

    private void StartProbe(UpstreamState server)
    {
        ref var probe = ref _probes[server.Index];
        if (probe?.Server != server)
        {
            probe?.Stop();
            probe = new HealthProbe(this, server);
        }
        probe.Start();
    }

    private ClientExchange Rent()
    {
        if (!_pool.TryPop(out var exchange))
        {
            exchange = new ClientExchange(this);
        }
        Link(exchange);
        return exchange;
    }

    private void Link(Exchange exchange)
    {
        exchange.Next = _active;
        if (_active is not null)
        {
            _active.Previous = exchange;
        }
        _active = exchange;
        _activeCount++;
    }
}
