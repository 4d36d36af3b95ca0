using Microsoft.Win32.SafeHandles;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>The caches that are connected to the guard. They are not trusted, so all that they send is limited
/// (<see cref="Limits"/>).</summary>
internal sealed class Caches : IDisposable
{
    private readonly GuardParts _parts;
    private readonly GuardMachine _machine;
    private readonly SocketSet _sockets;
    private readonly SocketOpener _opener;
    private readonly Relay _relay;
    private readonly HandedEntries _entries;
    private readonly UnixListener _listener;
    private readonly CrashLoop _crashes = new();
    private readonly List<CachePeer> _peers = [];
    private readonly LoopAction _admit;
    private readonly LoopAction _heldBackOver;
    private readonly LoopAction _tidy;

    public Caches(
        GuardParts parts, GuardMachine machine, SocketSet sockets, SocketOpener opener, Relay relay, HandedEntries entries)
    {
        _parts = parts;
        _machine = machine;
        _sockets = sockets;
        _opener = opener;
        _relay = relay;
        _entries = entries;
        _listener = new UnixListener(
            parts.Loop, parts.Options.HandoverPath, Convert.ToUInt32("666", 8), Admits, OnConnected);
        _admit = new LoopAction(Admit);
        _heldBackOver = new LoopAction(() =>
        {
            machine.HeldBackOver();
            Admit();
        });
        _tidy = new LoopAction(Tidy);
    }

    /// <summary>The cache that reads the sockets now or read them last; null when it has gone.</summary>
    public CachePeer? Current { get; private set; }

    /// <summary>When the last cache stopped reading. Only meaningful while no cache reads.</summary>
    public long GoneMs { get; private set; }

    /// <summary>The cache has died too often: no cache is given sockets for now.</summary>
    public bool IsHeldBack => _crashes.WaitMs(_parts.Loop.NowMs) > 0;

    /// <summary>The endpoints that the caches with sockets want to serve.</summary>
    public IEnumerable<ListenEndPoint> Wanted =>
        _peers.Where(p => p.HasSockets).SelectMany(p => _sockets.Resolve(p.Wanted)).Where(_sockets.Allows);

    /// <summary>At least one cache has the sockets and has not said that it is about to end.</summary>
    public bool IsAnyStaying => _peers.Any(peer => peer.HasSockets && !peer.IsLeaving);

    /// <summary>A cache has sent its entries. The receiver owns the descriptor and closes it.</summary>
    public event Action<int>? EntriesCame;

    /// <summary>What /readyz says. Sent to a process that asks for readiness over the Unix socket.</summary>
    public Func<string?> NotReady { get; set; } = () => null;

    /// <summary>A cache has said that it reads its sockets.</summary>
    public event Action? Ready;

    public void Start()
    {
        GoneMs = _parts.Loop.NowMs;
        Tidy();
    }

    /// <summary>Gives the sockets to every cache that waits for them, unless caches are being held back.</summary>
    public void Admit()
    {
        if (!_machine.Duties.Admits || IsHeldBack)
        {
            return;
        }
        foreach (var peer in _peers.Where(p => p is { Version: > 0, HasSockets: false, IsOffering: false }).ToList())
        {
            if (_entries.WaitsMs is > 0 and var waitMs)
            {
                _parts.Loop.Arm(_admit, waitMs);
                return;
            }
            Give(peer, onlyNew: false);
        }
    }

    /// <summary>Gives each cache the sockets that could be opened only now.</summary>
    public void GiveNew()
    {
        foreach (var peer in _peers.Where(p => p.HasSockets).ToList())
        {
            Give(peer, onlyNew: true);
        }
    }

    public void Drain()
    {
        if (Current is { } cache)
        {
            cache.IsReady = false;
            cache.Channel.Send(new HandoverMessage(HandoverKind.Drain));
            GoneMs = _parts.Loop.NowMs;
        }
    }

    public void Resume() => Current?.Channel.Send(new HandoverMessage(HandoverKind.Resume));

    /// <summary>Asks the current cache to send its entries.</summary>
    /// <returns>false when there is no ready cache, or when it cannot export.</returns>
    public bool Export() => Current is { IsReady: true, Version: >= HandoverVersion.Entries } cache
        && cache.Channel.Send(new HandoverMessage(HandoverKind.Export));

    /// <summary>Relays the queries that a dead or hung cache has read and not answered.</summary>
    public void Rescue(CachePeer peer)
    {
        if (peer.OpenQueries is not null && peer.HasSockets
            && _relay.Rescue(OpenQueryFile.Read(peer.OpenQueries, peer.Workers), _sockets) is > 0 and var relayed)
        {
            _parts.Log.Rescued(peer.Program, relayed);
        }
    }

    /// <summary>Counts the end of a cache.</summary>
    /// <returns>How long, in milliseconds, the next cache is held back.</returns>
    public int CountDeath(bool crashed)
    {
        _parts.Metrics.CacheEnded(crashed);
        var waitMs = crashed ? _crashes.Died(_parts.Loop.NowMs) : 0;
        if (waitMs > 0)
        {
            _parts.Log.HeldBack(waitMs / 1000);
            _parts.Loop.Arm(_heldBackOver, waitMs);
            if (Current is not { IsReady: true })
            {
                _machine.CacheLost(heldBack: true);
            }
        }
        return waitMs;
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var peer in _peers)
        {
            peer.Channel.Close();
        }
    }

    private bool Admits(Libc.PeerCredentials peer)
    {
        var admitted = peer.UserId == _parts.Options.ServeUserId || peer.UserId == Libc.EffectiveUserId;
        if (!admitted)
        {
            _parts.Metrics.Problem(GuardProblem.Handover,
                $"a process of uid {peer.UserId} wants the sockets: --serve-uid is {_parts.Options.ServeUserId}");
        }
        return admitted;
    }

    private void OnConnected(int fd)
    {
        if (_peers.Count >= Limits.Connections)
        {
            Remove(_peers.First(p => p != Current));
        }
        CachePeer? peer = null;
        peer = new CachePeer
        {
            Channel = new HandoverChannel(_parts.Loop, fd, m => OnMessage(peer!, m), () => OnGone(peer!)),
            ConnectedMs = _parts.Loop.NowMs,
        };
        _peers.Add(peer);
    }

    /// <summary>Restores the socket's path if somebody has removed it, and closes connections that take too long to say
    /// hello or to send their offer.</summary>
    private void Tidy()
    {
        _parts.Loop.Arm(_tidy, UnixListener.LookMs);
        if (_listener.Ensure() is { } problem)
        {
            _parts.Metrics.Problem(GuardProblem.HandoverSocket, $"--handover {problem}");
        }
        foreach (var peer in _peers.Where(IsOverdue).ToList())
        {
            Remove(peer);
        }
    }

    private bool IsOverdue(CachePeer peer)
    {
        var ageMs = _parts.Loop.NowMs - peer.ConnectedMs;
        return (peer.Version == 0 && ageMs > Limits.HelloMs) || (peer.IsOffering && ageMs > Limits.HelloMs + Limits.OfferMs);
    }

    private void OnMessage(CachePeer peer, HandoverMessage message)
    {
        switch (message.Kind)
        {
            case HandoverKind.Hello when peer.Version == 0:
                OnHello(peer, message);
                break;
            case HandoverKind.Heartbeat:
                peer.Beat(message.Numbers(HandoverTag.Turns), _parts.Loop.NowMs);
                break;
            case HandoverKind.Ready when peer.HasSockets:
                OnReady(peer);
                break;
            case HandoverKind.Leaving:
                peer.IsLeaving = true;
                peer.IsReady = false;
                Lose(peer);
                break;
            case HandoverKind.Drained when peer.HasSockets && !peer.IsDrained:
                peer.IsDrained = true;
                _parts.Log.CacheDrained(peer.Program);
                break;
            case HandoverKind.AskReadiness:
                peer.Channel.Send(NotReady() is { } missing
                    ? new HandoverMessage(HandoverKind.Readiness).With(HandoverTag.Reason, missing)
                    : new HandoverMessage(HandoverKind.Readiness));
                break;
            case HandoverKind.Want when peer.HasSockets:
                peer.Wanted = message.EndPoints().ToList();
                Give(peer, onlyNew: true);
                break;
            case HandoverKind.OpenQueries when message.Descriptors is [var file] && Libc.IsMemoryFile(file):
                peer.OpenQueries?.Dispose();
                peer.OpenQueries = new SafeFileHandle(file, ownsHandle: true);
                return;
            case HandoverKind.Entries when message.Descriptors is [var entries] && Libc.IsMemoryFile(entries)
                && EntriesCame is { } came:
                came(entries);
                return;
            case HandoverKind.Offer when peer.IsOffering && message.Sockets() is { } part:
                peer.Arriving.AddRange(part);
                if (peer.Arriving.Count > Limits.Sockets)
                {
                    Refuse(peer, $"the cache ({peer.Program}) offers more than {Limits.Sockets} sockets");
                }
                else if (message.Number(HandoverTag.More) == 0)
                {
                    OnOffer(peer);
                }
                return;
        }
        HandoverChannel.CloseAll(message.Descriptors);
    }

    private void OnHello(CachePeer peer, HandoverMessage hello)
    {
        peer.Program = Limits.Shown(hello.Text(HandoverTag.Program));
        peer.Workers = (int)Math.Clamp(hello.Number(HandoverTag.Workers, 1), 1, HandoverHello.MaxWorkers);
        peer.Wanted = hello.EndPoints().ToList();
        peer.Version = HandoverVersion.Agree(_parts.Options.NewestVersion, hello);
        if (peer.Version == 0)
        {
            Refuse(peer,
                $"this guard speaks hand-over versions {HandoverVersion.Oldest} to {_parts.Options.NewestVersion}, the "
                + $"cache ({peer.Program}) others: run guard and cache from the same image");
        }
        else if (hello.Number(HandoverTag.Held) > 0)
        {
            peer.IsOffering = true;
            peer.Channel.Send(new HandoverMessage(HandoverKind.AskOffer));
        }
        else
        {
            Admit();
        }
    }

    private void OnOffer(CachePeer peer)
    {
        var own = _sockets.All.ToHashSet();
        var offered = _sockets.Adopt(peer.Arriving, _sockets.Allows);
        peer.Arriving.Clear();
        peer.IsOffering = false;
        peer.HasSockets = true;
        peer.Given.UnionWith(offered);
        _parts.Log.CacheServedOn(peer.Program, offered.Count(m => !own.Contains(m)));
        Offered?.Invoke();
        // The cache may lack some sockets: those opened just now, and those that its Corefile asked for while there was
        // no guard.
        Give(peer, onlyNew: true);
    }

    /// <summary>A cache that survived the last guard has handed over the sockets it holds.</summary>
    public event Action? Offered;

    /// <summary>Gives a cache the sockets that it wants and does not have yet.</summary>
    /// <param name="onlyNew">The cache has sockets already and gets only those it lacks.</param>
    private void Give(CachePeer peer, bool onlyNew)
    {
        List<ListenEndPoint> endPoints = [.. _sockets.Resolve(peer.Wanted)];
        if (endPoints.Find(e => !_sockets.Allows(e)) is { } refused)
        {
            _parts.Metrics.Problem(GuardProblem.Handover,
                $"the cache ({peer.Program}) asks for {refused}: the guard gives sockets at --address and "
                + "--intercept-cluster-dns only, at --dns-port and --allow-port: name the port there, or take the block out of "
                + "the Corefile");
            endPoints.RemoveAll(e => !_sockets.Allows(e));
        }
        peer.HasSockets = true;
        if (_opener.Open(endPoints, peer.Workers) > 0)
        {
            // The kernel already sends queries to the new sockets, so they are relayed until the cache says that it
            // reads them.
            _machine.SocketsChanged();
        }
        peer.Expected = [.. _sockets.All.Where(m => endPoints.Contains(m.EndPoint)).Select(m => m.Socket)];
        // Also give the guard's own endpoints that this Corefile does not bind. The cache answers REFUSED there;
        // otherwise nobody would read them.
        var sockets = _sockets.All
            .Where(m => endPoints.Contains(m.EndPoint) || _sockets.OwnEndPoints.Contains(m.EndPoint))
            .Where(peer.Given.Add)
            .Select(m => m.Socket)
            .ToList();
        if (sockets.Count == 0 && onlyNew)
        {
            return;
        }
        if (sockets.Count == 0)
        {
            Refuse(peer, "nothing of what the Corefile asks for can be opened: see the guard's log");
            return;
        }
        if (!onlyNew)
        {
            _entries.SendTo(peer);
        }
        if (!peer.Channel.SendSockets(HandoverKind.Sockets, sockets))
        {
            _parts.Metrics.Problem(GuardProblem.Handover,
                $"the cache ({peer.Program}) went away while it was given the sockets");
            return;
        }
        if (!onlyNew)
        {
            _parts.Metrics.HandedOver();
            _parts.Log.SocketsGiven(sockets.Count, peer.Program, peer.Workers);
        }
    }

    private void Refuse(CachePeer peer, string reason)
    {
        _parts.Metrics.Problem(GuardProblem.Handover, reason);
        peer.Channel.Send(new HandoverMessage(HandoverKind.Refused).With(HandoverTag.Reason, reason));
        Remove(peer);
    }

    private void OnReady(CachePeer peer)
    {
        var isAnother = Current != peer;
        if (isAnother && Current is { Channel.IsOpen: true } former)
        {
            former.IsReady = false;
            former.IsLeaving = true;
            former.Channel.Send(new HandoverMessage(HandoverKind.Drain));
        }
        var wasReady = peer.IsReady;
        Current = peer;
        peer.IsReady = true;
        peer.IsLeaving = false;
        peer.IsDrained = false;
        foreach (var member in _sockets.All)
        {
            member.CacheReads = peer.Given.Contains(member);
        }
        if (!wasReady)
        {
            _parts.Log.CacheServes(peer.Program);
        }
        _machine.CacheReady(isAnother);
        Ready?.Invoke();
    }

    private void OnGone(CachePeer peer)
    {
        if (!peer.HasSockets)
        {
            Remove(peer);
            return;
        }
        // With --spawn the death is counted when the child process is reaped, not here.
        var isCrash = !peer.IsLeaving && !peer.IsDrained;
        _parts.Log.CacheGone(peer.Program);
        Remove(peer);
        if (_parts.Options.Spawn is null)
        {
            CountDeath(isCrash);
        }
    }

    /// <summary>Forgets a cache, whether it has gone by itself or is being disconnected.</summary>
    private void Remove(CachePeer peer)
    {
        _peers.Remove(peer);
        peer.Channel.Close();
        ListenSockets.Close(peer.Arriving);
        peer.Arriving.Clear();
        Rescue(peer);
        peer.OpenQueries?.Dispose();
        Lose(peer);
        if (peer == Current)
        {
            Current = null;
        }
    }

    private void Lose(CachePeer peer)
    {
        if (peer == Current)
        {
            GoneMs = _parts.Loop.NowMs;
            _machine.CacheLost(heldBack: false);
        }
    }
}
