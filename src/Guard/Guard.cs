using System.Net;
using NodeDns.Guard.Node;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Guard;

/// <summary>The guard: its states and what moves it from one to the next. Everything runs on one loop, but for what may
/// wait (Guard.Node.cs).</summary>
/// <remarks>
/// <code>
/// Claiming ──▶ Guarding ──▶ Relieved     a successor's cache serves; this one only waits for its end
///                 │  ▲          │
///                 │  └──────────┘         the successor is gone again
///                 └──────▶ Stopping      told to stop, and nobody has taken over yet
/// </code>
/// 1. Claiming: sockets from a predecessor (--takeover), from a cache that outlived its guard (an offer), or opened.
/// 2. Guarding: a cache that connects is given the sockets (Guard.Caches.cs). While none is ready, or it is hung or
///    answers wrongly, the guard relays from the same sockets.
/// 3. Relieved and Stopping: Guard.Takeover.cs.
/// </remarks>
internal sealed partial class Guard : IDisposable
{
    /// <summary>How long the kernel's queue bridges before the guard relays: a native cache is back in 10 ms.</summary>
    private const int BridgeMs = 20;

    private const int RetryMs = 500;

    /// <summary>Relaying is harmless when the cache was merely starved of CPU; resetting its clients is not. A machine
    /// on which the guard's own timer was late by so much is starved, and resetting waits for twice
    /// --hang-after.</summary>
    private const int StarvedMs = 3 * Watchdog.SampleMs;

    private readonly GuardOptions _options;
    private readonly EventLoop _loop;
    private readonly GuardMetrics _metrics;
    private readonly GuardLog _log;
    private readonly UdpRelay _udpRelay;
    private readonly TcpRelay _tcpRelay;
    private readonly Watchdog _watchdog;
    private readonly CacheProbe? _probe;
    private readonly LoopAction _bridgeTimer;
    private readonly LoopAction _sampleTimer;
    private string? _hang;
    private bool _harsh;
    private long _sampledMs;
    private long _starvedMs = long.MinValue / 2;
    private int _wrongAnswers;
    private bool _distrusted;
    private bool _isProven;
    private long _distrustMs;
    private long _nextProbeMs;
    private long? _relayingSinceMs;

    public Guard(GuardOptions options, EventLoop loop, GuardMetrics metrics, GuardLog log)
    {
        _options = options;
        _loop = loop;
        _metrics = metrics;
        _log = log;
        _side = new SideThread(loop, "node");
        _node = new NodeSetup(options, metrics, log);
        _sockets = new SocketSet(options.DnsPort, options.AllAddresses);
        _foreign = new ForeignSockets(_sockets, metrics, log);
        _udpRelay = new UdpRelay(loop, options.ClusterDns, metrics);
        _tcpRelay = new TcpRelay(loop, options.ClusterDns, metrics);
        _watchdog = new Watchdog(options.HangAfter);
        _probe = options.ProbeInterval > TimeSpan.Zero && options.ClusterDns.Count > 0
            ? new CacheProbe(loop, new IPEndPoint(options.Addresses[0], options.DnsPort), options.ClusterDns[0],
                options.ProbeName)
            : null;
        _claimTimer = new LoopAction(OpenAgain);
        _bridgeTimer = new LoopAction(StartRelay);
        _sampleTimer = new LoopAction(Sample);
        _checkTimer = new LoopAction(Check);
        _admitTimer = new LoopAction(AdmitWaiting);
        _respawnTimer = new LoopAction(SpawnCache);
        _takeoverTimer = new LoopAction(OnTakeoverTimeout);
        _stopTimer = new LoopAction(Finish);
        _entriesTimer = new LoopAction(DropEntries);
        _child = options.Spawn is { } arguments
            ? new CacheProcess(loop, arguments, options.ServeUserId, OnChildEnded)
            : null;
        foreach (var state in Enum.GetValues<GuardState>())
        {
            metrics.Registry.Gauge("nodedns_guard_state", "1 for the state the guard is in.",
                () => Status.State == state ? 1 : 0, ("state", state.ToString().ToLowerInvariant()));
        }
        metrics.Registry.Gauge("nodedns_guard_cache_ready", "1 while a cache reads the sockets and turns.",
            () => Status.IsCacheWell ? 1 : 0);
        metrics.Registry.Gauge("nodedns_guard_relaying", "1 while the guard answers by relaying to cluster DNS.",
            () => Status.IsRelaying ? 1 : 0);
        metrics.Registry.Gauge("nodedns_guard_queue_bytes",
            "Bytes in the UDP sockets, and connections not yet accepted.",
            () => Status.Waiting);
    }

    public GuardState State { get; private set; } = GuardState.Claiming;

    /// <summary>What other threads may know; replaced as a whole at each sample.</summary>
    public GuardStatus Status { get; private set; } = new();

    /// <summary>The old pod's cache still reads the sockets: this guard's has not relieved it yet.</summary>
    private bool PredecessorAnswers => _predecessor is { IsOpen: true } && !_ownsNode;

    /// <summary>A cache reads the sockets, turns, and answers as it should.</summary>
    private bool IsCacheWell => _cache is { IsReady: true } && _hang is null && !_distrusted;

    /// <summary>Begins; <see cref="ConnectPredecessor"/> comes first.</summary>
    /// <exception cref="GuardStartException">A Unix socket cannot be made.</exception>
    public void Start()
    {
        _cacheGoneMs = _loop.NowMs;
        _handover = UnixListener.Open(
            _loop, "--handover", _options.HandoverPath, Convert.ToUInt32("666", 8), Admits, OnCacheConnected);
        _loop.Arm(_sampleTimer, Watchdog.SampleMs);
        if (_predecessor is null)
        {
            Claim();
        }
    }

    public void Dispose()
    {
        _handover?.Close();
        _takeover?.Close();
        _predecessor?.Close();
        foreach (var successor in _successors)
        {
            successor.Channel.Close();
        }
        foreach (var peer in _peers)
        {
            peer.Channel.Close();
        }
        _sockets.Close();
        _watch?.Dispose();
        _side.Dispose();
        _node.Dispose();
    }

    // Watching, and relaying while nobody else answers.

    private void Sample()
    {
        _loop.Arm(_sampleTimer, Watchdog.SampleMs);
        if (_loop.NowMs - _sampledMs > StarvedMs)
        {
            _starvedMs = _loop.NowMs;
        }
        _sampledMs = _loop.NowMs;
        if (State == GuardState.Guarding && _cache is { IsReady: true } cache)
        {
            Watch(cache);
            Probe();
        }
        Status = new GuardStatus
        {
            State = State,
            IsCacheWell = IsCacheWell,
            IsProven = _isProven || _probe is null,
            IsHung = _hang is not null,
            IsRelaying = _relayingSinceMs is not null,
            IsNodeSetUp = IsNodeSetUp,
            IsHeldBack = _crashes.WaitMs(_loop.NowMs) > 0,
            CacheGoneMs = _cache is { IsReady: true } ? 0 : _loop.NowMs - _cacheGoneMs,
            Waiting = _watchdog.Waiting,
            SampledMs = Environment.TickCount64,
        };
    }

    private void Watch(CachePeer cache)
    {
        var verdict = _watchdog.Look(cache.Reads, cache, _loop.NowMs);
        if (_hang is null && verdict is not null)
        {
            _hang = verdict;
            _harsh = false;
            _metrics.Hung();
            _log.Warning($"the cache is hung, {verdict}: relaying");
            StartRelayNow();
            Rescue(cache);
        }
        else if (_hang is not null && verdict is null && cache.SilentMs(_loop.NowMs) < 2 * HandoverClient.HeartbeatMs)
        {
            _hang = null;
            _log.Info("the cache turns again");
            UpdateRelay();
        }
        // A fifth of the time is left for the clients to ask again by --hang-after.
        var patience = (_loop.NowMs - _starvedMs < 1000 ? 2 : 0.8) * _options.HangAfter.TotalMilliseconds;
        if (_hang is not null && !_harsh && cache.SilentMs(_loop.NowMs) >= patience)
        {
            FreeClients();
        }
    }

    /// <summary>A hung cache keeps what it has accepted: its clients are reset, and ask again at once. A child is
    /// killed; in another container only kubelet can, and will: /cachez fails.</summary>
    private void FreeClients()
    {
        _harsh = true;
        try
        {
            var count = TcpReset.Reset(_options.AllAddresses, _options.DnsPort, _tcpRelay.Inodes());
            _metrics.ResetConnections(count);
            _log.Info($"{count} connections of the hung cache reset");
        }
        catch (Exception failure) when (failure is NetlinkException or SyscallException)
        {
            _log.Warning($"connections of the hung cache stay: {failure.Message}");
        }
        _child?.Signal(Libc.SIGKILL);
    }

    private void Probe()
    {
        if (_probe is null || _hang is not null || !IsNodeSetUp || _loop.NowMs < _nextProbeMs)
        {
            return;
        }
        if (_distrusted)
        {
            _distrusted = false;
            _wrongAnswers--;
            _cache!.Channel.Send(new HandoverMessage(HandoverKind.Resume));
            _log.Info("trying the cache again");
            UpdateRelay();
        }
        _nextProbeMs = _loop.NowMs + (long)(_wrongAnswers > 0 ? RetryMs : _options.ProbeInterval.TotalMilliseconds);
        _probe.Ask(OnProbed);
    }

    private void OnProbed(string? verdict)
    {
        const int tolerated = 2;
        const int longestDistrustMs = 60_000;
        if (verdict is null)
        {
            _wrongAnswers = 0;
            _distrustMs = 0;
            _isProven = true;
            return;
        }
        _metrics.WrongAnswer();
        _log.Warning($"probe: {verdict}");
        _nextProbeMs = _loop.NowMs + RetryMs;
        if (++_wrongAnswers > tolerated && IsCacheWell && State == GuardState.Guarding)
        {
            // It would go on answering beside the relay: it is told to stop reading, and tried again later.
            _distrusted = true;
            _distrustMs = Math.Clamp(_distrustMs * 2, 5000, longestDistrustMs);
            _nextProbeMs = _loop.NowMs + _distrustMs;
            _cache!.Channel.Send(new HandoverMessage(HandoverKind.Drain));
            StartRelayNow();
        }
    }

    /// <summary>Starts or stops relaying according to who else would answer.</summary>
    private void UpdateRelay()
    {
        var othersAnswer = IsCacheWell || PredecessorAnswers || State == GuardState.Relieved;
        if (State == GuardState.Claiming || (othersAnswer && State != GuardState.Stopping))
        {
            _loop.Cancel(_bridgeTimer);
            StopRelay();
        }
        else if (_relayingSinceMs is null && !_bridgeTimer.IsArmed)
        {
            _loop.Arm(_bridgeTimer, BridgeMs);
        }
    }

    private void StartRelayNow()
    {
        _loop.Cancel(_bridgeTimer);
        StartRelay();
    }

    private void StartRelay()
    {
        if (_options.ClusterDns.Count == 0)
        {
            return;
        }
        if (_relayingSinceMs is null)
        {
            _relayingSinceMs = _loop.NowMs;
            _log.Info($"relaying to {string.Join(", ", _options.ClusterDns)}");
        }
        _udpRelay.Start(_sockets.All);
        _tcpRelay.Start(_sockets.All);
    }

    private void StopRelay()
    {
        if (_relayingSinceMs is { } since)
        {
            _relayingSinceMs = null;
            _metrics.Relayed(_loop.NowMs - since);
            _udpRelay.Stop();
            _tcpRelay.Stop();
            _log.Info($"relayed for {_loop.NowMs - since} ms");
        }
    }
}
