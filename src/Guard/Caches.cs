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
    private readonly Relay _relay;
    private readonly HandedEntries _entries;
    private readonly SocketGiver _giver;
    private readonly CacheProtocol _protocol;
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
        _relay = relay;
        _entries = entries;
        _giver = new SocketGiver(parts, machine, sockets, opener, entries);
        _protocol = new CacheProtocol(parts, sockets, _giver, this);
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

    /// <summary>A cache that survived the last guard has handed over the sockets it holds.</summary>
    public event Action? Offered;

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
            if (!_giver.GiveAll(peer))
            {
                Refuse(peer, GuardProblem.NothingToGive);
            }
        }
    }

    /// <summary>Gives each cache the sockets that could be opened only now.</summary>
    public void GiveNew()
    {
        foreach (var peer in _peers.Where(p => p.HasSockets).ToList())
        {
            _giver.GiveMissing(peer);
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

    /// <summary>The cache has said that it reads its sockets: the one before it drains.</summary>
    public void Serves(CachePeer peer)
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

    /// <summary>The cache has said that it is about to end.</summary>
    public void Leaves(CachePeer peer)
    {
        peer.IsLeaving = true;
        peer.IsReady = false;
        Lose(peer);
    }

    public void Refuse(CachePeer peer, GuardProblem problem)
    {
        _parts.Metrics.Problem(problem);
        peer.Channel.Send(new HandoverMessage(HandoverKind.Refused).With(HandoverTag.Reason, problem.Message));
        Remove(peer);
    }

    public void HasOffered() => Offered?.Invoke();

    /// <summary>Passes on the entries that a cache has sent.</summary>
    /// <returns>false when nobody has asked for them; the descriptor is then still the caller's.</returns>
    public bool TakeEntries(int entries)
    {
        EntriesCame?.Invoke(entries);
        return EntriesCame is not null;
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
            _parts.Metrics.Problem(GuardProblem.StrangeUser(peer.UserId, _parts.Options.ServeUserId));
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
            Channel = new HandoverChannel(_parts.Loop, fd, m => _protocol.OnMessage(peer!, m), () => OnGone(peer!)),
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
            _parts.Metrics.Problem(GuardProblem.HandoverPath(problem));
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
        peer.AnswerSlots?.Dispose();
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
