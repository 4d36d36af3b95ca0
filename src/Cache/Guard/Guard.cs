using NodeDns.Cache.Interop.Linux;
using NodeDns.Cache.Listen;
using NodeDns.Cache.Loop;
using NodeDns.Cache.Node;

namespace NodeDns.Cache.Guard;

/// <summary>The guard: its states and what moves it from one to the next. Everything runs on one loop.</summary>
/// <remarks>
/// <code>
/// Claiming ──▶ Guarding ──▶ Relieved     a successor's cache serves; this one only waits for its end
///    │            │  ▲          │
///    │            │  └──────────┘         the successor is gone again
///    └────────────┴──────▶ Lingering      told to stop, nobody has taken over yet: relays meanwhile
/// </code>
/// 1. Claiming: sockets from a predecessor (--takeover), from a cache that outlived its guard (an offer), or opened.
/// 2. Guarding: a cache that connects is given the sockets. While none is ready, or it is hung or answers wrongly, the
///    guard relays from the same sockets.
/// </remarks>
internal sealed class Guard : IDisposable
{
    /// <summary>How long the kernel's queue bridges before the guard relays: a native cache is back in 10 ms.</summary>
    private const int BridgeMs = 20;

    /// <summary>How long a cache that holds the sockets has to offer them: it tries every 100 ms.</summary>
    private const int OfferWaitMs = 1500;

    private const int RetryMs = 500;

    private readonly GuardOptions _options;
    private readonly EventLoop _loop;
    private readonly GuardMetrics _metrics;
    private readonly GuardLog _log;
    private readonly NodeSetup _node;
    private readonly SocketSet _sockets;
    private readonly UdpRelay _udpRelay;
    private readonly TcpRelay _tcpRelay;
    private readonly Watchdog _watchdog;
    private readonly CrashLoop _crashes = new();
    private readonly List<CachePeer> _peers = [];
    private readonly LoopAction _claimTimer;
    private readonly LoopAction _bridgeTimer;
    private readonly LoopAction _sampleTimer;
    private readonly LoopAction _checkTimer;
    private readonly LoopAction _admitTimer;
    private UnixListener? _handover;
    private CachePeer? _cache;
    private string? _hang;
    private long? _relayingSinceMs;

    public Guard(GuardOptions options, EventLoop loop, GuardMetrics metrics, GuardLog log)
    {
        _options = options;
        _loop = loop;
        _metrics = metrics;
        _log = log;
        _node = new NodeSetup(options, metrics, log);
        _sockets = new SocketSet(options.DnsPort, options.AllAddresses);
        _udpRelay = new UdpRelay(loop, options.ClusterDns, metrics);
        _tcpRelay = new TcpRelay(loop, options.ClusterDns, metrics);
        _watchdog = new Watchdog(options.HangAfter);
        _claimTimer = new LoopAction(OpenSockets);
        _bridgeTimer = new LoopAction(StartRelay);
        _sampleTimer = new LoopAction(Sample);
        _checkTimer = new LoopAction(Check);
        _admitTimer = new LoopAction(AdmitWaiting);
    }

    public GuardState State { get; private set; } = GuardState.Claiming;

    public bool IsRelaying => _relayingSinceMs is not null;

    /// <summary>A cache reads the sockets, its workers turn.</summary>
    public bool IsCacheWell => _cache is { IsReady: true } && _hang is null;

    /// <summary>Begins.</summary>
    /// <exception cref="GuardStartException">The hand-over socket cannot be made.</exception>
    public void Start()
    {
        _handover = UnixListener.Open(
            _loop, "--handover", _options.HandoverPath, Convert.ToUInt32("666", 8), Admits, OnCacheConnected);
        if (_sockets.OwnEndPoints.Any(IsHeldElsewhere))
        {
            _log.Info($"the sockets are held already: waiting {OfferWaitMs} ms for their cache to offer them");
            _loop.Arm(_claimTimer, OfferWaitMs);
        }
        else
        {
            OpenSockets();
        }
        _loop.Arm(_sampleTimer, Watchdog.SampleMs);
    }

    /// <summary>Told to stop (SIGTERM).</summary>
    public void Stop() => _loop.Stop();

    public void Dispose()
    {
        _handover?.Close();
        foreach (var peer in _peers)
        {
            peer.Channel.Close();
        }
        _sockets.Close();
        _node.Dispose();
    }

    // Claiming.

    private static bool IsHeldElsewhere(ListenEndPoint endPoint) =>
        (endPoint.Protocol == ListenProtocol.Udp ? SocketTable.Udp(endPoint.EndPoint) : SocketTable.Tcp(endPoint.EndPoint))
        .Count > 0;

    private void OpenSockets()
    {
        try
        {
            var opened = _sockets.Open(_sockets.OwnEndPoints, _options.Workers);
            _log.Info($"{opened.Count} sockets opened, {_sockets.All.Count - opened.Count} taken over");
        }
        catch (SyscallException failure)
        {
            var remedy = failure.Error switch
            {
                Errno.EADDRINUSE => "another program holds it without SO_REUSEPORT or under another uid: stop that one",
                Errno.EACCES => "give the container CAP_NET_BIND_SERVICE",
                _ => "trying again",
            };
            _metrics.Problem(GuardProblem.Socket, $"{failure.Message}: {remedy}");
            _loop.Arm(_claimTimer, RetryMs);
            return;
        }
        BeginGuarding();
    }

    private void BeginGuarding()
    {
        _loop.Cancel(_claimTimer);
        State = GuardState.Guarding;
        Check();
        AdmitWaiting();
        UpdateRelay();
    }

    private void Check()
    {
        _loop.Arm(_checkTimer, (long)_options.CheckInterval.TotalMilliseconds);
        _node.Ensure(foreignInUse: false);
    }

    // The cache: connecting, receiving the sockets, being ready, going away.

    private bool Admits(Libc.PeerCredentials peer)
    {
        var admitted = peer.UserId == _options.ServeUserId || peer.UserId == Libc.EffectiveUserId;
        if (!admitted)
        {
            _metrics.Problem(GuardProblem.Handover,
                $"a process of uid {peer.UserId} wants the sockets: --serve-uid is {_options.ServeUserId}");
        }
        return admitted;
    }

    private void OnCacheConnected(int fd)
    {
        Libc.GetPeerCredentials(fd, out var credentials);
        CachePeer? peer = null;
        peer = new CachePeer
        {
            Channel = new HandoverChannel(_loop, fd, m => OnCacheMessage(peer!, m), () => OnCacheGone(peer!)),
            ProcessId = credentials.ProcessId,
        };
        _peers.Add(peer);
    }

    private void OnCacheMessage(CachePeer peer, HandoverMessage message)
    {
        switch (message.Kind)
        {
            case HandoverKind.Hello:
                OnHello(peer, message);
                break;
            case HandoverKind.Heartbeat:
                peer.Beat(message.Numbers(HandoverTag.Turns), _loop.NowMs);
                break;
            case HandoverKind.Ready when peer.HasSockets:
                OnReady(peer);
                break;
            case HandoverKind.Leaving:
                peer.IsLeaving = true;
                peer.IsReady = false;
                StartRelayNow();
                break;
            case HandoverKind.Want:
                Give(peer, message.EndPoints().ToList(), onlyNew: true);
                break;
            case HandoverKind.Offer when message.Sockets() is { } part:
                peer.Arriving.AddRange(part);
                if (message.Number(HandoverTag.More) == 0)
                {
                    OnOffer(peer);
                }
                return;
        }
        HandoverChannel.CloseAll(message.Descriptors);
    }

    private void OnHello(CachePeer peer, HandoverMessage hello)
    {
        peer.Program = hello.Text(HandoverTag.Program) ?? "?";
        peer.Workers = Math.Max(1, (int)hello.Number(HandoverTag.Workers, 1));
        peer.Wanted = hello.EndPoints().ToList();
        peer.Version = HandoverVersion.Agree(
            _options.NewestVersion,
            (int)hello.Number(HandoverTag.OldestVersion),
            (int)hello.Number(HandoverTag.NewestVersion));
        if (peer.Version == 0)
        {
            Refuse(peer, $"this guard speaks hand-over versions {HandoverVersion.Oldest} to {_options.NewestVersion}, the "
                + $"cache ({peer.Program}) others: run guard and cache from the same image");
        }
        else if (hello.Number(HandoverTag.Held) > 0)
        {
            peer.Channel.Send(new HandoverMessage(HandoverKind.AskOffer));
        }
        else
        {
            AdmitWaiting();
        }
    }

    private void OnOffer(CachePeer peer)
    {
        var own = _sockets.All.ToList();
        var adopted = _sockets.Adopt(peer.Arriving);
        peer.Arriving.Clear();
        peer.HasSockets = true;
        _log.Info($"the cache ({peer.Program}) has served on without a guard: {adopted.Count} sockets taken from it");
        if (State == GuardState.Claiming)
        {
            OpenSockets();
        }
        else if (adopted.Count > 0 && own.Count > 0)
        {
            // Opened meanwhile beside those of the cache: it must read them too.
            peer.Channel.SendSockets(HandoverKind.Sockets, own);
        }
    }

    /// <summary>Gives the sockets to every cache that waits for them, unless it is being held back.</summary>
    private void AdmitWaiting()
    {
        if (State != GuardState.Guarding)
        {
            return;
        }
        foreach (var peer in _peers.Where(p => p.Version > 0 && !p.HasSockets && p.Arriving.Count == 0).ToList())
        {
            var waitMs = _crashes.WaitMs(_loop.NowMs);
            if (waitMs > 0)
            {
                _loop.Arm(_admitTimer, waitMs);
                return;
            }
            Give(peer, peer.Wanted, onlyNew: false);
        }
    }

    private void Give(CachePeer peer, IReadOnlyList<ListenEndPoint> wanted, bool onlyNew)
    {
        List<ListenEndPoint> endPoints = [.. _sockets.Resolve(wanted)];
        List<ListenSocket> opened;
        try
        {
            opened = _sockets.Open(endPoints, peer.Workers);
        }
        catch (SyscallException failure)
        {
            _metrics.Problem(GuardProblem.Socket, $"the Corefile asks for it: {failure.Message}");
            Refuse(peer, $"cannot open what the Corefile asks for: {failure.Message}");
            return;
        }
        var sockets = onlyNew ? opened : _sockets.All.Where(s => SocketSet.Serves(s, endPoints)).ToList();
        peer.HasSockets = true;
        if (!peer.Channel.SendSockets(HandoverKind.Sockets, sockets))
        {
            _metrics.Problem(GuardProblem.Handover, $"the cache ({peer.Program}) went away while it was given the sockets");
            return;
        }
        if (!onlyNew)
        {
            _metrics.HandedOver();
            _log.Info($"{sockets.Count} sockets given to the cache ({peer.Program}, {peer.Workers} workers)");
        }
        UpdateRelay();
    }

    private void Refuse(CachePeer peer, string reason)
    {
        _metrics.Problem(GuardProblem.Handover, reason);
        peer.Channel.Send(new HandoverMessage(HandoverKind.Refused).With(HandoverTag.Reason, reason));
        peer.Channel.Close();
        _peers.Remove(peer);
    }

    private void OnReady(CachePeer peer)
    {
        peer.IsReady = true;
        peer.IsDrained = false;
        if (_cache is { } former && former != peer && former.Channel.IsOpen)
        {
            former.Channel.Send(new HandoverMessage(HandoverKind.Drain));
        }
        _cache = peer;
        _hang = null;
        _watchdog.Reset();
        _log.Info($"the cache ({peer.Program}) serves");
        UpdateRelay();
    }

    private void OnCacheGone(CachePeer peer)
    {
        _peers.Remove(peer);
        ListenSockets.Close(peer.Arriving);
        if (peer != _cache && !peer.HasSockets)
        {
            return;
        }
        if (!peer.IsDrained)
        {
            _metrics.CacheEnded(crashed: !peer.IsLeaving);
            if (!peer.IsLeaving && _crashes.Died(_loop.NowMs) is > 0 and var waitMs)
            {
                _log.Warning($"the cache died {CrashLoop.Deaths} times in {CrashLoop.WindowMs / 1000} s: it gets the "
                    + $"sockets again in {waitMs / 1000} s, and cluster DNS is relayed until then");
            }
            else
            {
                _log.Warning($"the cache ({peer.Program}) is gone");
            }
        }
        if (peer == _cache)
        {
            _cache = null;
            _hang = null;
            UpdateRelay();
        }
    }

    // Watching, and relaying while nobody else answers.

    private void Sample()
    {
        _loop.Arm(_sampleTimer, Watchdog.SampleMs);
        if (State != GuardState.Guarding || _cache is not { IsReady: true } cache)
        {
            return;
        }
        var verdict = _watchdog.Look(_sockets.All, cache, _loop.NowMs);
        if (_hang is null && verdict is not null)
        {
            _hang = verdict;
            _metrics.Hung();
            _log.Warning($"the cache is hung, {verdict}: relaying");
            StartRelayNow();
        }
        else if (_hang is not null && verdict is null && cache.SilentMs(_loop.NowMs) < 2 * HandoverClient.HeartbeatMs)
        {
            _hang = null;
            _log.Info("the cache turns again");
            UpdateRelay();
        }
    }

    /// <summary>Starts or stops relaying according to who else would answer.</summary>
    private void UpdateRelay()
    {
        if (State != GuardState.Guarding || IsCacheWell)
        {
            _loop.Cancel(_bridgeTimer);
            StopRelay();
        }
        else if (!IsRelaying && !_bridgeTimer.IsArmed)
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
        if (!IsRelaying)
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
