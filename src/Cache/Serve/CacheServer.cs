using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NodeDns.Cache.Plugins;
using NodeDns.Cache.Query;
using NodeDns.Cache.Store;
using NodeDns.Corefile;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Talkers;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Serve;

/// <summary>The life of `serve`: load the configuration, listen, serve, reload, stop.</summary>
/// <remarks>Runs on the thread that called <see cref="Run"/>, with its own loop. Requests from other threads (signals,
/// the guard, a worker that has finished draining) are posted to this loop.</remarks>
internal sealed partial class CacheServer : IDisposable
{
    /// <summary>How long a stop waits for pending answers, which is as long as clients wait for them.</summary>
    private const int DrainLimitMs = 5_000;

    /// <summary>How long after a start or reload to release memory. By then probes and workers have done their part, and
    /// the first probe of one's own health is over, which runs after a second.</summary>
    private const int ReleaseAfterMs = 1_250;

    private const string Cgroup = "/sys/fs/cgroup";

    private readonly ServeOptions _options;
    private readonly ConfigWatch _config;
    private readonly StderrLogger _loggers;
    private readonly ILogger _log;
    private readonly ILogger _reloadLog;
    private readonly QueryShared _shared;
    private readonly MonotonicClock _clock;
    private readonly EventLoop _loop;
    private readonly HttpEndpoint _http;
    private readonly Readiness _readiness = new();
    private readonly HealthSelfProbe _selfProbe;
    private readonly LogOutput _queryLog = new();
    private readonly PluginUpkeep _upkeep;
    private readonly ReleaseTimer _release;
    private readonly CopyTimer _copies;
    private readonly StopTimer _stop;
    private readonly List<Worker> _workers = [];
    private readonly HashSet<Worker> _drained = [];
    private readonly ServeMetrics _metrics;
    private readonly KernelDrops _drops = new();
    private OpenQueryFile? _openQueries;
    private TapServer? _tap;
    private ServeModel _model = null!;
    private bool _stopping;

    /// <param name="clock">The clock for TTLs, timeouts and reloads; null for the machine's.</param>
    public CacheServer(ServeOptions options, CorefileOptions reading, StderrLogger loggers, MonotonicClock? clock = null)
    {
        _clock = clock ?? MonotonicClock.System;
        _loop = new EventLoop(_clock);
        _options = options;
        _loggers = loggers;
        _log = loggers.CreateLogger("");
        _reloadLog = loggers.CreateLogger("plugin/reload");
        _http = new HttpEndpoint(loggers.CreateLogger("plugin/prometheus"));
        var registry = new MetricRegistry();
        _shared = new QueryShared(new AnswerStore(options.MemoryBytes), new InFlightTable(), registry, _log)
        {
            Talkers = new TopTalkers(options.ClientMetrics),
        };
        _shared.Talkers.Register(registry, () => _clock.NowMs);
        _metrics = new ServeMetrics(registry, ProgramVersion.Text, revision: "");
        _metrics.Store(() => options.MemoryBytes, () => _shared.Store.UsedBytes, () => _shared.Store.Evictions);
        _metrics.Listeners(
            () => _drops.Total, () => _workers.Sum(worker => worker.TcpConnections));
        _selfProbe = new HealthSelfProbe(_http.Loop, registry);
        _upkeep = new PluginUpkeep(_loop, _http.Loop, _shared.Store);
        _config = new ConfigWatch(options, reading, _loop, _metrics, loggers, Reload);
        _release = new ReleaseTimer();
        _copies = new CopyTimer(this);
        // A lookup that the kernel answers reaches no worker, and so no tap.
        _shared.Taps.Watching = _shared.Store.WatchClients;
        registry.BeforeScrape(() => _shared.Store.CountCopies(_clock.NowMs));
        registry.Gauge(MetricNames.KernelAnswerCopies, MetricNames.KernelAnswerCopiesHelp, () => _shared.Store.CopyCount);
        _stop = new StopTimer(this);
    }

    /// <summary>The bound address of every listener, once <see cref="Started"/> is set. For tests that use port
    /// 0.</summary>
    public IReadOnlyList<ListenSocket> Sockets
    {
        get;
        private set
        {
            _drops.Use(value);
            field = value;
        }
    } = [];

    /// <summary>Set once queries are being read.</summary>
    public ManualResetEventSlim Started { get; } = new();

    public MetricRegistry Registry => _shared.Registry;

    /// <summary>The server's own loop, followed by the workers' loops.</summary>
    internal IEnumerable<EventLoop> Loops => _workers.Select(worker => worker.Loop).Prepend(_loop);

    /// <summary>Serves until it is told to stop.</summary>
    /// <returns>The process's exit code: 0 after a stop; 1 when the start failed, for a reason that is in the
    /// log.</returns>
    public int Run()
    {
        _log.Started(ProgramVersion.Text, RuntimeInformation.FrameworkDescription);
        if (Load() is not { } model)
        {
            return 1;
        }

        PutInForce(model);
        var workers = _options.Workers > 0
            ? _options.Workers
            : WorkerCount.Detect(Cgroup, Environment.ProcessorCount);
        _log.Sized(workers, _options.MemoryBytes);
        _openQueries = new OpenQueryFile(workers);
        var cpu = new CpuWatch(_http.Loop, Cgroup, workers);
        _http.Loop.Post(cpu.Start);
        for (var i = 0; i < workers; i++)
        {
            _workers.Add(new Worker(i, _shared, _clock, _openQueries.Part(i), model.LargestUdpReply, Pace(cpu.Allowance),
                worker => _loop.Post(() => OnDrained(worker))));
        }

        var problems = _http.Apply(HttpRoutes.Of(model.Config, Registry, _readiness));
        foreach (var problem in problems)
        {
            _log.CannotStart(problem);
        }

        if (problems.Count > 0 || !TakeSockets())
        {
            return 1;
        }

        foreach (var worker in _workers)
        {
            worker.Use(model);
            worker.Add([.. Sockets.Where(socket => socket.Worker % workers == worker.Index)]);
            worker.Start();
        }
        Follow(model);
        OpenTap();
        _guard?.Start(new GuardControl(this), [.. _workers.Select(worker => worker.Loop)], _openQueries.Descriptor);
        _guard?.Ready();
        Started.Set();
        _loop.Run();
        return 0;
    }

    /// <summary>Stops the server. If health sets a lameduck time, it serves on for that long; then it answers
    /// everything that was read and accepted. Any thread may call this.</summary>
    /// <param name="reason">For the log: the name of the signal.</param>
    public void Stop(string reason)
    {
        _connecting.Cancel();
        _loop.Post(() => BeginStop(reason));
    }

    /// <summary>Checks now whether the configuration has changed. Any thread may call this.</summary>
    public void ReloadNow() => _loop.Post(Reload);

    public void Dispose()
    {
        foreach (var worker in _workers)
        {
            worker.Dispose();
        }

        _guard?.Dispose();
        _openQueries?.Dispose();
        _upkeep.Dispose();
        if (_tap is { } tap)
        {
            _http.Loop.Post(tap.Dispose);
        }

        _http.Dispose();
        _queryLog.Dispose();
        _loop.Dispose();
        _shared.Store.Dispose();
        Started.Dispose();
        _connecting.Dispose();
    }

    private TurnPace? Pace(CpuAllowance allowance) =>
        _options.MaxWakeUps > 0 ? new TurnPace(_options.MaxWakeUps, new CpuUse(allowance)) : null;

    /// <summary>Loads the configuration and builds a model from it, without changing anything yet. Returns null after
    /// logging all errors.</summary>
    private ServeModel? Load() =>
        _config.Load() is { } config ? new ModelBuilder(config, Registry, _loggers, _queryLog).Build() : null;

    /// <summary>Lookups are answered whether or not anybody can watch.</summary>
    private void OpenTap()
    {
        if (_options.TapSocket is not { } path)
        {
            return;
        }

        _tap = new TapServer(_http.Loop, path, _shared.Taps);
        if (_tap.Listen() is { } problem)
        {
            _log.TapNotOpened(path, problem);
        }
    }

    private void PutInForce(ServeModel model)
    {
        _model = model;
        model.PutInForce(_shared);
    }

    /// <summary>The workers now use this model: updates everything else that depends on it, and logs it last.</summary>
    private void Follow(ServeModel model)
    {
        WarnOfUnbound();
        _selfProbe.Watch(
            model.Health is { } health ? _http.BoundAddress(health.Address.Address, health.Address.Port) : null);
        _upkeep.Use(model);
        _readiness.Require(model.ReadyChecks);
        _config.Arm(model.Config);
        _loop.Arm(_release, ReleaseAfterMs);
        _loggers.Debug = model.IsDebug;
        foreach (var server in model.Queries.Servers)
        {
            _log.Serving(string.Join(' ', server.Zones.Zones.Select(zone => DnsName.ToText(zone.Name))),
                server.EndPoint.ToString());
        }
        _reloadLog.RunningConfiguration("fingerprint", _config.Fingerprint);
        _metrics.Running("fingerprint", _config.Fingerprint, ModelBuilder.EnabledPlugins(model.Config));
    }

    private void Reload()
    {
        if (_stopping)
        {
            return;
        }

        if (_config.HasChanged)
        {
            _reloadLog.Reloading();
            if (!TryReload())
            {
                _metrics.FailedReload();
            }
        }
        _config.Arm(_model.Config);
    }

    private bool TryReload()
    {
        if (Load() is not { } model)
        {
            return false;
        }

        if (OpenListeners(model) is not { } opened)
        {
            return false;
        }
        PutInForce(model);
        // Sockets from a guard stay open, because the guard may give them to the next cache or ask this one for them.
        Sockets = [.. Sockets.Where(socket => _guard is not null || IsServed(socket)), .. opened];
        foreach (var worker in _workers)
        {
            worker.Use(model);
            worker.Add([.. opened.Where(socket => socket.Worker % _workers.Count == worker.Index)]);
            if (_guard is null)
            {
                worker.DropUnserved();
            }
        }
        _guard?.Want(model.EndPoints);
        Follow(model);
        _reloadLog.Reloaded();
        return true;
    }

    /// <summary>Opens the listeners that a changed configuration needs in addition. Opens all of them or
    /// none.</summary>
    /// <returns>The new DNS sockets; null after logging what cannot be opened.</returns>
    private IReadOnlyList<ListenSocket>? OpenListeners(ServeModel model)
    {
        IReadOnlyList<ListenSocket> opened;
        try
        {
            opened = _guard is null
                ? ListenSockets.Open([.. model.EndPoints.Except(Sockets.Select(EndPointOf))], _workers.Count)
                : [];
        }
        catch (SyscallException failed)
        {
            _reloadLog.ReloadFailed(failed.Message);
            return null;
        }
        var problems = _http.Apply(HttpRoutes.Of(model.Config, Registry, _readiness));
        foreach (var problem in problems)
        {
            _reloadLog.ReloadFailed(problem);
        }

        if (problems.Count == 0)
        {
            return opened;
        }

        ListenSockets.Close(opened);
        return null;
    }

    private bool IsServed(ListenSocket socket) =>
        _model.Queries.ServerAt(socket.EndPoint, socket.Protocol == ListenProtocol.Tcp) is not null;

    private static ListenEndPoint EndPointOf(ListenSocket socket) => new(socket.Protocol, socket.EndPoint);

    private void BeginStop(string reason)
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        _log.ShuttingDown(reason);
        _readiness.ShutDown();
        _shared.Store.PauseCopies();
        var lameduck = _model.Config.Blocks.Max(block => block.Health?.Lameduck ?? TimeSpan.Zero);
        if (lameduck > TimeSpan.Zero)
        {
            _loggers.CreateLogger("plugin/health").Lameduck(lameduck.TotalSeconds.ToString("0.###s", CultureInfo.InvariantCulture));
        }

        _loop.Arm(_stop, (long)lameduck.TotalMilliseconds);
    }

    private void BeginDrain()
    {
        var isHeld = _guard is not null && _guard.Leaving();
        DrainWorkers(readOn: !isHeld);
        _loop.Arm(_stop, DrainLimitMs);
    }

    private void DrainWorkers(bool readOn)
    {
        _drained.Clear();
        foreach (var worker in _workers)
        {
            worker.Drain(readOn);
        }
    }

    private void OnDrained(Worker worker)
    {
        _drained.Add(worker);
        if (_drained.Count < _workers.Count)
        {
            return;
        }

        if (_stopping)
        {
            _loop.Stop();
        }
        else
        {
            _guard?.Drained();
        }
    }

    private sealed class ReleaseTimer : LoopTimer
    {
        public override void OnTimer() => StartupMemory.Release();
    }

    /// <summary>Fires at the end of lameduck, and again when draining has taken too long.</summary>
    private sealed class StopTimer(CacheServer server) : LoopTimer
    {
        private bool _draining;

        public override void OnTimer()
        {
            if (_draining)
            {
                server._loop.Stop();
            }
            else
            {
                server.BeginDrain();
            }

            _draining = true;
        }
    }
}
