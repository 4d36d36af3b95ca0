using NodeDns.Guard.KernelAnswers;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard;

/// <summary>Puts the guard's parts together and carries out what its <see cref="GuardMachine"/> decides. Everything
/// runs on one loop, except the set-up of the node (<see cref="NodeKeeper"/>).</summary>
internal sealed class Guard : IGuardActions, IDisposable
{
    /// <summary>How long the guard waits, after it has read the last query, for cluster DNS to answer it.</summary>
    private const int LastRepliesMs = 500;

    /// <summary>How long a child may take to finish its connections; the cache itself stops after 5 s.</summary>
    private const int ChildDrainMs = 6000;

    /// <summary>When to give back the memory that only start-up needed. By then link, rules and a first cache are set
    /// up.</summary>
    private const int ReleaseAfterMs = 3000;

    /// <summary>How often to give memory back after that. It takes some milliseconds, during which queries wait in the
    /// sockets' queues. An idle guard would otherwise grow its heap to several MiB before the next
    /// collection.</summary>
    private const int ReleasePeriodMs = 10_000;

    /// <summary>The greatest age of <see cref="Status"/>.</summary>
    private const int StatusMs = 100;

    private const int FirstDistrustMs = 5000;
    private const int LongestDistrustMs = 60_000;

    private readonly GuardParts _parts;
    private readonly GuardMachine _machine;
    private readonly SocketSet _sockets;
    private readonly SocketOpener _opener;
    private readonly Relay _relay;
    private readonly HandedEntries _entries;
    private readonly Caches _caches;
    private readonly Predecessor _predecessor;
    private readonly Successors _successors;
    private readonly CacheWatch _watch;
    private readonly NodeKeeper _node;
    private readonly KernelAnswerKeeper? _answers;
    private readonly Child? _child;
    private readonly LoopAction _sample;
    private readonly LoopAction _offerOver;
    private readonly LoopAction _tryAgain;
    private readonly LoopAction _lingerOver;
    private readonly LoopAction _end;
    private readonly LoopAction _release;
    private long _distrustMs;
    private bool _isFollowing;
    private bool _hasLeft;
    private bool _isAnnounced;

    public Guard(GuardParts parts)
    {
        _parts = parts;
        var (options, loop) = (parts.Options, parts.Loop);
        _machine = new GuardMachine(this);
        _sockets = new SocketSet(options.DnsPort, options.AllAddresses, options.AllowedPorts);
        _opener = new SocketOpener(parts, _sockets, OpenAgain);
        _relay = new Relay(parts);
        _entries = new HandedEntries(loop);
        _caches = new Caches(parts, _machine, _sockets, _opener, _relay, _entries) { NotReady = () => NotReady };
        _predecessor = new Predecessor(parts, _machine, _sockets, _entries);
        _successors = new Successors(parts, _machine, _sockets, _caches);
        _node = new NodeKeeper(parts, _machine, _sockets, _opener, _relay);
        _answers = options.KernelAnswers == KernelAnswersMode.Off ? null : new KernelAnswerKeeper(parts, _machine, _caches);
        _child = options.Spawn is null ? null : new Child(parts, _machine, _caches, OnChildEnded);
        _watch = new CacheWatch(parts, _machine, _caches, _relay)
        {
            Probed = () => IsNodeSetUp ? [.. options.AllAddresses.Except(_node.Absent)] : [],
            KillChild = () => _child?.Signal(Libc.SIGKILL),
        };
        _sample = new LoopAction(Sample);
        _offerOver = new LoopAction(OpenOwn);
        _tryAgain = new LoopAction(_machine.TryAgain);
        _lingerOver = new LoopAction(Leave);
        _end = new LoopAction(Finish);
        _release = new LoopAction(Release);
        _caches.Offered += OpenOwn;
        _predecessor.Gave += OpenOwn;
        parts.Metrics.Watch(() => Status);
    }

    /// <summary>True when this guard should answer HTTP requests on the shared ports, false when another pod's guard
    /// should.</summary>
    public event Action<bool>? Answers;

    /// <summary>The guard's status for other threads. Replaced as a whole.</summary>
    public GuardStatus Status { get; private set; } = new();

    /// <summary>Link, addresses and rules are set up, by this guard or by the predecessor that it has not relieved
    /// yet.</summary>
    private bool IsNodeSetUp => _node.IsSetUp || !_machine.Duties.KeepsNode;

    private string? NotReady => _machine.Duties.NotReady
        ?? (IsNodeSetUp ? null : "link, addresses and rules are not made yet");

    /// <summary>Starts the guard.</summary>
    public void Start()
    {
        _caches.Start();
        _parts.Loop.Arm(_sample, Watchdog.SampleMs);
        _parts.Loop.Arm(_release, ReleaseAfterMs);
        _machine.Start();
    }

    /// <summary>Stops the guard (SIGTERM).</summary>
    public void Stop()
    {
        _child?.Signal(Libc.SIGTERM);
        _machine.Stop();
    }

    public void Dispose()
    {
        // Close these connections first: nobody forwards their data any more, and iptables may keep the node's thread
        // busy for seconds.
        _relay.Close();
        _answers?.Dispose();
        _caches.Dispose();
        _successors.Dispose();
        _predecessor.Dispose();
        _entries.Drop();
        _sockets.Close();
        _node.Dispose();
    }

    // What the machine asks for (IGuardActions).

    public void Follow()
    {
        // Following may change who reads which socket and call this again. RelayUnread runs a second time below
        // instead.
        if (_isFollowing)
        {
            return;
        }
        _isFollowing = true;
        var duties = _machine.Duties;
        RelayUnread();
        _successors.Listen(duties.KeepsNode);
        _node.Follow(duties);
        _answers?.Follow(duties);
        if (_machine.State != GuardState.Claiming)
        {
            Announce(duties.KeepsNode || _machine.State == GuardState.Stopping);
        }
        _caches.Admit();
        _child?.Keep(duties);
        RelayUnread();
        _isFollowing = false;
    }

    public void Claim()
    {
        if (!_predecessor.Connect())
        {
            ClaimAlone();
        }
    }

    public void ClaimAlone()
    {
        // Without a predecessor, this guard answers HTTP requests on the shared ports.
        Announce(true);
        if (_sockets.All.Count == 0 && ForeignSockets.AnyBound(_sockets.OwnEndPoints))
        {
            _parts.Log.WaitingForOffer(Limits.OfferMs);
            _parts.Loop.Arm(_offerOver, Limits.OfferMs);
        }
        else
        {
            OpenOwn();
        }
    }

    public void RelievePredecessor() => _predecessor.Relieve();

    public void ReturnToPredecessor() => _predecessor.Return();

    public void DrainCache() => _caches.Drain();

    public void ResumeCache()
    {
        _parts.Log.TryingAgain();
        _caches.Resume();
    }

    public void DistrustForAWhile()
    {
        _distrustMs = Math.Clamp(_distrustMs * 2, FirstDistrustMs, LongestDistrustMs);
        _parts.Loop.Arm(_tryAgain, _distrustMs);
    }

    public void Linger()
    {
        _parts.Log.Lingering(_parts.Options.Linger.TotalSeconds);
        _parts.Loop.Arm(_lingerOver, (long)_parts.Options.Linger.TotalMilliseconds);
    }

    public void Leave()
    {
        _parts.Loop.Cancel(_lingerOver);
        _node.Leave(() =>
        {
            _hasLeft = true;
            RefuseWhenAlone();
            _parts.Loop.Arm(_end, _child is { IsRunning: true } ? ChildDrainMs : LastRepliesMs);
        });
    }

    public void End()
    {
        _hasLeft = true;
        // Sockets that nobody else reads: refuse new queries and relay what is still in their queues.
        var ours = _sockets.All.Where(m => !_machine.IsRead(m)).ToList();
        SocketSet.RefuseNew(ours);
        RelayUnread();
        _relay.StopListening(ours);
        _parts.Loop.Arm(_end, _child is { IsRunning: true } ? ChildDrainMs : LastRepliesMs);
    }

    private void RelayUnread() =>
        _relay.Use([.. _sockets.All.Where(m => !_machine.IsRead(m)).Select(m => m.Socket)]);

    /// <summary>Two pods' guards share the HTTP ports during an upgrade. The one that owns the node answers
    /// there.</summary>
    private void Announce(bool answers)
    {
        if (answers != _isAnnounced)
        {
            _isAnnounced = answers;
            Answers?.Invoke(answers);
        }
    }

    // Sockets.

    /// <summary>Opens the guard's own sockets that are missing. If the old pod's guard gave some, opens sockets only
    /// for endpoints that have none: more sockets in a group would have no reader until this pod's cache is
    /// here.</summary>
    private void OpenOwn()
    {
        _parts.Loop.Cancel(_offerOver);
        var taken = _sockets.All.Count;
        var missing = _sockets.OwnEndPoints.Where(e => taken == 0 || !_sockets.All.Any(m => m.EndPoint == e)).ToList();
        var opened = _opener.Open(missing, _parts.Options.Workers);
        if (_sockets.All.Count > 0 && _machine.State == GuardState.Claiming)
        {
            _parts.Log.Claimed(opened, taken);
            _machine.Claimed();
        }
        else if (opened > 0)
        {
            _machine.SocketsChanged();
        }
    }

    /// <summary>Tries again to open the sockets that could not be opened, if they are still wanted.</summary>
    private void OpenAgain()
    {
        _opener.Want(_caches.Wanted.Concat(_sockets.OwnEndPoints).ToHashSet());
        OpenOwn();
        _caches.GiveNew();
    }

    /// <summary>When the guard leaves and nobody else reads the sockets, new queries are refused and queued ones are
    /// still answered. If only the guard was told to stop and the cache stays, the cache's sockets are left as they
    /// are.</summary>
    private void RefuseWhenAlone()
    {
        if (_hasLeft && _machine.State == GuardState.Stopping && !_successors.HasAnyTaken && !_caches.IsAnyStaying)
        {
            // A guard that took over now would get sockets that receive nothing.
            _successors.Listen(false);
            SocketSet.RefuseNew(_sockets.All);
        }
    }

    // Time.

    private void Sample()
    {
        _parts.Loop.Arm(_sample, Watchdog.SampleMs);
        _watch.Look();
        RefuseWhenAlone();
        if (_machine.Trust == CacheTrust.Serving)
        {
            _distrustMs = 0;
        }
        if (Environment.TickCount64 - Status.SampledMs < StatusMs && Status.State == _machine.State
            && Status.Trust == _machine.Trust)
        {
            return;
        }
        Status = new GuardStatus
        {
            State = _machine.State,
            Trust = _machine.Trust,
            NotReady = NotReady,
            IsRelaying = _relay.IsRelaying,
            IsHeldBack = _caches.IsHeldBack,
            CacheGoneMs = _caches.Current is { IsReady: true } ? 0 : _parts.Loop.NowMs - _caches.GoneMs,
            Waiting = _watch.Waiting,
            Leaving = _node.Leaving,
            Absent = _node.Absent,
            KernelAnswers = _answers?.Report ?? GuardStatus.NoKernelAnswers,
            SampledMs = Environment.TickCount64,
        };
    }

    private void Release()
    {
        StartupMemory.Release();
        _parts.Loop.Arm(_release, ReleasePeriodMs);
    }

    private void OnChildEnded()
    {
        if (_hasLeft)
        {
            _parts.Loop.Arm(_end, LastRepliesMs);
        }
    }

    private void Finish()
    {
        _child?.Signal(Libc.SIGKILL);
        if (_machine.State != GuardState.Stopping || _successors.HasAnyTaken)
        {
            _parts.Loop.Stop();
        }
        else
        {
            _node.Finish(_parts.Loop.Stop);
        }
    }
}
