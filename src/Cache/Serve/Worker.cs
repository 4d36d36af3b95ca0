using NodeDns.Cache.Listen;
using NodeDns.Cache.Query;
using NodeDns.Cache.Upstream;
using NodeDns.Corefile;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Serve;

/// <summary>One thread of the data path: a loop, and everything that runs on it.</summary>
/// <remarks>Other threads reach it only through <see cref="EventLoop.Post"/>. The methods here do that
/// themselves.</remarks>
internal sealed class Worker : IDisposable
{
    /// <summary>The data path needs little stack, and every worker has one.</summary>
    private const int StackBytes = 256 * 1024;

    private readonly QueryHandler _handler;
    private readonly OpenQueries _open;
    private readonly ReceiveBatch _received;
    private readonly SendBatch _replies;
    private readonly TcpConnections _connections;
    private readonly List<UdpListener> _udp = [];
    private readonly List<TcpListener> _tcp = [];
    private readonly MetricRegistry _registry;
    private readonly Thread _thread;
    private readonly Action<Worker> _drained;
    private readonly DrainTimer _drain;
    private GroupForwarder[] _forwarders = [];
    private ServeModel? _model;
    private bool _draining;
    private bool _readsOn;

    /// <param name="open">Keeps the queries of this worker that are not answered yet.</param>
    /// <param name="pace">Of the worker's loop; null for none.</param>
    /// <param name="drained">Called on the worker's loop when a drain has finished everything that was read and
    /// accepted.</param>
    public Worker(
        int index,
        QueryShared shared,
        MonotonicClock clock,
        OpenQueries open,
        int largestUdpReply,
        TurnPace? pace,
        Action<Worker> drained)
    {
        Index = index;
        Loop = new EventLoop(clock) { Pace = pace };
        _handler = new QueryHandler(Loop, shared);
        _open = open;
        _received = new ReceiveBatch(open);
        _replies = new SendBatch(largestUdpReply, open);
        _connections = new TcpConnections(Loop, _handler);
        _registry = shared.Registry;
        _drained = drained;
        _drain = new DrainTimer(this);
        _thread = new Thread(Loop.Run, StackBytes) { Name = $"worker {index}", IsBackground = true };
    }

    public int Index { get; }

    public EventLoop Loop { get; }

    /// <summary>The number of clients' open connections. Any thread may read it; the value may be slightly
    /// old.</summary>
    public int TcpConnections => _connections.Count;

    public void Start() => _thread.Start();

    /// <summary>Serves a model from the loop's next turn on. Exchanges of the previous model are finished.</summary>
    public void Use(ServeModel model) => Loop.Post(() =>
    {
        var before = _forwarders;
        _forwarders = [.. model.Groups.Select(group =>
            new GroupForwarder(new Forwarder(Loop, group, _handler.Counters)))];
        _handler.Use(_forwarders);
        _model = model;
        _replies.Grow(model.LargestUdpReply);
        ServeAll();
        if (_draining && !_readsOn)
        {
            StopReading();
        }

        if (Index == 0)
        {
            foreach (var (group, _) in model.ReadyGroups)
            {
                _forwarders[group].Prove();
            }

            EndpointLookup.Follow(_forwarders.Select(forwarder => forwarder.Forwarder));
        }

        foreach (var forwarder in before)
        {
            forwarder.Retire();
        }
    });

    /// <summary>Also listens on these sockets. From now on the worker has to close them.</summary>
    public void Add(IReadOnlyList<ListenSocket> sockets) => Loop.Post(() =>
    {
        foreach (var socket in sockets)
        {
            var server = _draining ? null : ServerFor(socket);
            if (socket.Protocol == ListenProtocol.Udp)
            {
                var listener = new UdpListener(Loop, socket, _handler, _open, _received, _replies);
                _udp.Add(listener);
                listener.Serve(server);
            }
            else
            {
                var listener = new TcpListener(Loop, socket, _connections);
                _tcp.Add(listener);
                listener.Serve(server);
            }
        }
    });

    /// <summary>Closes the sockets that the model no longer serves.</summary>
    public void DropUnserved() => Loop.Post(() =>
    {
        foreach (var listener in _udp.Where(l => !IsServed(l.Socket)).ToList())
        {
            _udp.Remove(listener);
            listener.Close();
        }
        foreach (var listener in _tcp.Where(l => !IsServed(l.Socket)).ToList())
        {
            _tcp.Remove(listener);
            listener.Close();
        }
    });

    /// <summary>Stops reading and finishes what was read. Reports to the owner when everything that was read and
    /// accepted has been answered, even if that is already the case.</summary>
    /// <param name="readOn">True when nobody else reads these sockets. Then queued and new queries are answered until
    /// the drain is complete.</param>
    public void Drain(bool readOn) => Loop.Post(() =>
    {
        _draining = true;
        _readsOn = readOn;
        if (readOn)
        {
            ServeAll();
        }
        else
        {
            StopReading();
        }
        _connections.Drain();
        if (!_drain.IsArmed)
        {
            _drain.OnTimer();
        }
    });

    /// <summary>Reads the sockets again.</summary>
    public void Resume() => Loop.Post(() =>
    {
        _draining = false;
        _connections.Resume();
        // Sockets that were added while draining have no model yet.
        ServeAll();
    });

    public void Stop()
    {
        Loop.Stop();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }
    }

    public void Dispose()
    {
        Stop();
        _connections.CloseAll();
        ListenSockets.Close(_udp.Select(listener => listener.Socket));
        ListenSockets.Close(_tcp.Select(listener => listener.Socket));
        _replies.Dispose();
        Loop.Dispose();
    }

    private void ServeAll()
    {
        foreach (var listener in _udp)
        {
            listener.Serve(ServerFor(listener.Socket));
        }

        foreach (var listener in _tcp)
        {
            listener.Serve(ServerFor(listener.Socket));
        }
    }

    /// <summary>The server for a socket. A guard's socket that no block binds is read as well: a client that gets
    /// REFUSED tries its next nameserver at once, while one that gets nothing waits.</summary>
    private ServerModel? ServerFor(ListenSocket socket) => _model is null ? null
        : _model.Queries.ServerAt(socket.EndPoint, socket.Protocol == ListenProtocol.Tcp) ?? new ServerModel(
            socket.EndPoint,
            new ZoneTable([]),
            new ServerMetrics(_registry, ModelBuilder.ServerName(socket.EndPoint, ZoneTransport.Dns), "dropped"));

    /// <summary>Answers what has arrived since the loop last polled.</summary>
    /// <returns>false when there may be more.</returns>
    private bool ReadQueues()
    {
        var isEmpty = true;
        foreach (var listener in _udp)
        {
            isEmpty &= listener.ReadBatches();
        }
        foreach (var listener in _tcp)
        {
            listener.OnEvents(Libc.EPOLLIN);
        }
        return isEmpty;
    }

    private void StopReading()
    {
        foreach (var listener in _udp)
        {
            listener.SetReading(false);
        }

        foreach (var listener in _tcp)
        {
            listener.SetReading(false);
        }
    }

    private bool IsServed(ListenSocket socket) =>
        _model?.Queries.ServerAt(socket.EndPoint, socket.Protocol == ListenProtocol.Tcp) is not null;

    /// <summary>Checks every few milliseconds whether a drain is complete.</summary>
    private sealed class DrainTimer(Worker worker) : LoopTimer
    {
        private const int PeriodMs = 5;

        public override void OnTimer()
        {
            if (!worker._draining)
            {
                return;
            }

            if ((!worker._readsOn || worker.ReadQueues()) && worker._handler.PendingCount == 0 && worker._connections.Count == 0)
            {
                worker._drained(worker);
            }
            else
            {
                worker.Loop.Arm(this, PeriodMs);
            }
        }
    }
}
