using NodeDns.Cache.Listen;
using NodeDns.Cache.Query;
using NodeDns.Cache.Upstream;
using NodeDns.Corefile;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Serve;

/// <summary>One thread of the data path: a loop, and all that runs on it.</summary>
/// <remarks>Other threads reach it by <see cref="EventLoop.Post"/> only; the methods here do that themselves.</remarks>
internal sealed class Worker : IDisposable
{
    /// <summary>The path needs little, and every worker's stack is touched.</summary>
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

    /// <param name="open">Where its unanswered queries are kept.</param>
    /// <param name="maxWakeUps">Turns a second at most; 0: no limit.</param>
    /// <param name="drained">Called on the worker's loop once a drain has finished everything that was accepted.</param>
    public Worker(
        int index,
        QueryShared shared,
        MonotonicClock clock,
        OpenQueries open,
        int largestUdpReply,
        int maxWakeUps,
        Action<Worker> drained)
    {
        Index = index;
        Loop = new EventLoop(clock) { Pace = maxWakeUps > 0 ? new TurnPace(maxWakeUps) : null };
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

    /// <summary>Open connections of clients; any thread may read it, a moment late.</summary>
    public int TcpConnections => _connections.Count;

    public void Start() => _thread.Start();

    /// <summary>Serves a model from the loop's next turn on; exchanges of the one before finish.</summary>
    public void Use(ServeModel model) => Loop.Post(() =>
    {
        var before = _forwarders;
        _forwarders = [.. model.Groups.Select(group =>
            new GroupForwarder(new Forwarder(Loop, group, _handler.Counters)))];
        _handler.Use(_forwarders);
        _model = model;
        _replies.Grow(model.LargestUdpReply);
        ServeAll();
        if (_draining)
        {
            StopReading();
        }

        if (Index == 0)
        {
            foreach (var (group, _) in model.ReadyGroups)
            {
                _forwarders[group].Prove();
            }
        }

        foreach (var forwarder in before)
        {
            forwarder.Retire();
        }
    });

    /// <summary>Listens on these sockets too; from now on they are the worker's to close.</summary>
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

    /// <summary>Reads no more; tells the owner when all that was read and accepted has been answered, also where that is
    /// long done.</summary>
    /// <param name="emptyQueues">Whether what the kernel has queued is still to be read: nobody else reads these sockets.
    /// </param>
    public void Drain(bool emptyQueues) => Loop.Post(() =>
    {
        if (!_draining)
        {
            _draining = true;
            if (emptyQueues)
            {
                foreach (var listener in _udp)
                {
                    listener.OnEvents(Libc.EPOLLIN);
                }

                foreach (var listener in _tcp)
                {
                    listener.OnEvents(Libc.EPOLLIN);
                }
            }
            StopReading();
            _connections.Drain();
        }
        if (!_drain.IsArmed)
        {
            _drain.OnTimer();
        }
    });

    /// <summary>Reads again.</summary>
    public void Resume() => Loop.Post(() =>
    {
        _draining = false;
        _connections.Resume();
        // Sockets that came while draining have no model yet.
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

    /// <summary>What is served at a socket. A guard's socket that no block binds is read all the same: a client that is
    /// REFUSED asks elsewhere at once, one that hears nothing waits.</summary>
    private ServerModel? ServerFor(ListenSocket socket) => _model is null ? null
        : _model.Queries.ServerAt(socket.EndPoint, socket.Protocol == ListenProtocol.Tcp) ?? new ServerModel(
            socket.EndPoint,
            new ZoneTable([]),
            new ServerMetrics(_registry, ModelBuilder.ServerName(socket.EndPoint, ZoneTransport.Dns), "dropped"));

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

    /// <summary>Looks every few milliseconds whether a drain is over.</summary>
    private sealed class DrainTimer(Worker worker) : LoopTimer
    {
        private const int PeriodMs = 5;

        public override void OnTimer()
        {
            if (!worker._draining)
            {
                return;
            }

            if (worker._handler.PendingCount == 0 && worker._connections.Count == 0)
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
