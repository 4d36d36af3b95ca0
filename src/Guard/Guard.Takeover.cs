using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;

namespace NodeDns.Guard;

/// <summary>Other guards: the old pod's, whose sockets this one takes, and the next pod's, which takes these.</summary>
internal sealed partial class Guard
{
    /// <summary>What a predecessor has to answer within; half a hand-over is treated as none.</summary>
    private const int TakeoverWaitMs = 3000;

    /// <summary>How long the cache waits at its start for a predecessor's entries.</summary>
    private const int EntriesWaitMs = 1000;

    /// <summary>How long a predecessor's entries wait for a cache that does not come.</summary>
    private const int KeepEntriesMs = 60_000;

    /// <summary>After the last query has been read: what cluster DNS may take to answer it.</summary>
    private const int LastRepliesMs = 500;

    /// <summary>What a child has to finish its connections in; it gives itself 5 s.</summary>
    private const int ChildDrainMs = 6000;

    private readonly List<Successor> _successors = [];
    private readonly List<ListenSocket> _arriving = [];
    private readonly LoopAction _takeoverTimer;
    private readonly LoopAction _stopTimer;
    private readonly LoopAction _entriesTimer;
    private UnixListener? _takeover;
    private HandoverChannel? _predecessor;
    private bool _hasLeft;
    private int _entries = -1;
    private long _entriesDueMs;

    /// <summary>A next pod's guard.</summary>
    private sealed class Successor
    {
        public required HandoverChannel Channel { get; init; }
        public int Version { get; set; }
        public bool HasRelieved { get; set; }
        public bool WaitsForEntries { get; set; }
    }

    // Towards the old pod's guard.

    /// <summary>Asks the old pod's guard for its sockets, where there is one.</summary>
    /// <returns>false: this guard is alone.</returns>
    public bool ConnectPredecessor()
    {
        if (_options.TakeoverPath is not { } path || !File.Exists(path))
        {
            return false;
        }
        var fd = Libc.Socket(Libc.AF_UNIX, Libc.SOCK_SEQPACKET | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0)
            .OrThrow("socket AF_UNIX");
        var connected = Libc.ConnectUnix(fd, path);
        if (connected.IsError)
        {
            Libc.Close(fd);
            if (connected.Error != Errno.ECONNREFUSED)
            {
                _metrics.Problem(GuardProblem.Takeover,
                    $"--takeover {path}: {connected.Error.Describe()}: sockets are opened anew");
            }
            return false;
        }
        _predecessor = new HandoverChannel(_loop, fd, OnPredecessorMessage, OnPredecessorGone);
        _predecessor.Send(new HandoverMessage(HandoverKind.Hello)
            .With(HandoverTag.Role, "guard")
            .With(HandoverTag.OldestVersion, HandoverVersion.Oldest)
            .With(HandoverTag.NewestVersion, (ulong)_options.NewestVersion)
            .With(HandoverTag.Program, ProgramVersion.Text));
        _loop.Arm(_takeoverTimer, TakeoverWaitMs);
        return true;
    }

    private void OnPredecessorMessage(HandoverMessage message)
    {
        switch (message.Kind)
        {
            case HandoverKind.Refused:
                _metrics.Problem(GuardProblem.Takeover, $"the old guard refused: {message.Text(HandoverTag.Reason)}");
                _predecessor!.Close();
                OnPredecessorGone();
                break;
            case HandoverKind.Entries when message.Descriptors is [var entries]:
                KeepEntries(entries);
                _entriesDueMs = 0;
                AdmitWaiting();
                return;
            case HandoverKind.Sockets when message.Sockets() is { } part:
                _arriving.AddRange(part);
                if (message.Number(HandoverTag.More) == 0 && State == GuardState.Claiming)
                {
                    _loop.Cancel(_takeoverTimer);
                    var adopted = _sockets.Adopt(_arriving).Count;
                    _arriving.Clear();
                    if (message.Number(HandoverTag.NewestVersion) >= HandoverVersion.Entries)
                    {
                        _entriesDueMs = _loop.NowMs + EntriesWaitMs;
                    }
                    _metrics.Takeover("from");
                    _log.Info($"{adopted} sockets taken over from the old guard ({message.Text(HandoverTag.Program)})");
                    OpenSockets();
                }
                return;
        }
        HandoverChannel.CloseAll(message.Descriptors);
    }

    private void OnTakeoverTimeout()
    {
        _metrics.Problem(GuardProblem.Takeover, "the old guard has not handed its sockets over in "
            + $"{TakeoverWaitMs} ms: sockets are opened beside its own");
        _predecessor?.Close();
        OnPredecessorGone();
    }

    private void OnPredecessorGone()
    {
        _loop.Cancel(_takeoverTimer);
        _predecessor = null;
        _entriesDueMs = 0;
        if (State == GuardState.Claiming)
        {
            ListenSockets.Close(_arriving);
            _arriving.Clear();
            Claim();
        }
        else if (State == GuardState.Guarding && !_ownsNode)
        {
            _metrics.Problem(GuardProblem.Handover, "the old guard went away before it was relieved");
            OwnNode();
            AdmitWaiting();
            UpdateRelay();
        }
    }

    /// <summary>Our cache serves: theirs may finish.</summary>
    private void RelievePredecessor()
    {
        if (_predecessor is { IsOpen: true } predecessor && !_ownsNode)
        {
            predecessor.Send(new HandoverMessage(HandoverKind.Relieve));
            OwnNode();
            _log.Info("the old guard is relieved");
        }
    }

    // Towards the next pod's guard.

    private void ListenForSuccessor()
    {
        if (_options.TakeoverPath is not { } path)
        {
            return;
        }
        _takeover?.Close();
        try
        {
            _takeover = UnixListener.Open(
                _loop, "--takeover", path, Convert.ToUInt32("600", 8), peer => peer.UserId == Libc.EffectiveUserId,
                    OnGuardConnected);
        }
        catch (GuardStartException failure)
        {
            _metrics.Problem(GuardProblem.Takeover, $"{failure.Message}; an upgrade will open new sockets");
        }
    }

    private void OnGuardConnected(int fd)
    {
        Successor? successor = null;
        successor = new Successor
        {
            Channel = new HandoverChannel(_loop, fd, m => OnSuccessorMessage(successor!, m), () =>
                OnSuccessorGone(successor!)),
        };
        _successors.Add(successor);
    }

    private void OnSuccessorMessage(Successor successor, HandoverMessage message)
    {
        HandoverChannel.CloseAll(message.Descriptors);
        if (message.Kind == HandoverKind.Hello)
        {
            OnSuccessorHello(successor, message);
        }
        else if (message.Kind == HandoverKind.Relieve)
        {
            successor.HasRelieved = true;
            BeRelieved();
        }
    }

    private void OnSuccessorHello(Successor successor, HandoverMessage hello)
    {
        successor.Version = AgreeVersion(hello);
        if (successor.Version == 0)
        {
            var reason = $"it speaks hand-over versions {HandoverVersion.Oldest} to {_options.NewestVersion}";
            _metrics.Problem(GuardProblem.Takeover,
                $"a new guard ({hello.Text(HandoverTag.Program)}) speaks other versions");
            successor.Channel.Send(new HandoverMessage(HandoverKind.Refused).With(HandoverTag.Reason, reason));
            return;
        }
        var exports = successor.Version >= HandoverVersion.Entries
            && _cache is { IsReady: true, Version: >= HandoverVersion.Entries } && _hang is null;
        foreach (var part in HandoverMessage.OfSockets(HandoverKind.Sockets, [.. _sockets.All]))
        {
            part.With(HandoverTag.Program, ProgramVersion.Text);
            part.With(HandoverTag.NewestVersion, exports ? (ulong)successor.Version : HandoverVersion.Oldest);
            successor.Channel.Send(part);
        }
        if (exports)
        {
            successor.WaitsForEntries = true;
            _cache!.Channel.Send(new HandoverMessage(HandoverKind.Export));
        }
        _metrics.Takeover("to");
        _log.Info($"{_sockets.All.Count} sockets given to the next guard ({hello.Text(HandoverTag.Program)})");
    }

    private void OnSuccessorGone(Successor successor)
    {
        _successors.Remove(successor);
        if (!successor.HasRelieved && successor.Version > 0)
        {
            _metrics.Problem(GuardProblem.Handover, "the next guard went away before its cache served");
        }
        if (State == GuardState.Relieved && successor.HasRelieved && !_successors.Any(s => s.HasRelieved))
        {
            _log.Warning("the next guard is gone: guarding again");
            State = GuardState.Guarding;
            _cache?.Channel.Send(new HandoverMessage(HandoverKind.Resume));
            AdmitWaiting();
            UpdateRelay();
            OwnNode();
        }
        else if (State == GuardState.Stopping && _successors.Count == 0)
        {
            Leave();
        }
    }

    private void BeRelieved()
    {
        if (State == GuardState.Stopping)
        {
            _loop.Arm(_stopTimer, LastRepliesMs);
            StopRelay();
            return;
        }
        State = GuardState.Relieved;
        _log.Info("relieved by the next guard");
        StopRelay();
        _loop.Cancel(_bridgeTimer);
        DisownNode();
        _takeover?.Close();
        _cacheGoneMs = _loop.NowMs;
        if (_cache is { } cache)
        {
            cache.IsReady = false;
            cache.Channel.Send(new HandoverMessage(HandoverKind.Drain));
        }
        Answers?.Invoke(false);
    }

    /// <summary>Whoever asks the node's guard over HTTP should ask this one (true), or the next pod's (false).</summary>
    public event Action<bool>? Answers;

    // Entries: anonymous files that pass through.

    /// <summary>Our cache's, which only the next pod's is waiting for: kept here they would age, and be memory of our
    /// cache's container.</summary>
    private void OnEntries(int entries)
    {
        foreach (var successor in _successors.Where(s => s.WaitsForEntries))
        {
            var message = new HandoverMessage(HandoverKind.Entries);
            message.Descriptors.Add(entries);
            successor.Channel.Send(message);
            successor.WaitsForEntries = false;
        }
        Libc.Close(entries);
    }

    /// <summary>Keeps the predecessor's entries for our first cache, for as long as <see cref="KeepEntriesMs"/>.</summary>
    private void KeepEntries(int entries)
    {
        DropEntries();
        _entries = entries;
        _loop.Arm(_entriesTimer, KeepEntriesMs);
    }

    private void SendEntries(CachePeer peer)
    {
        if (_entries >= 0)
        {
            var message = new HandoverMessage(HandoverKind.Entries);
            message.Descriptors.Add(_entries);
            peer.Channel.Send(message);
            DropEntries();
        }
    }

    private void DropEntries()
    {
        if (_entries >= 0)
        {
            _loop.Cancel(_entriesTimer);
            Libc.Close(_entries);
            _entries = -1;
        }
    }

    // Stopping.

    /// <summary>Told to stop (SIGTERM).</summary>
    public void Stop()
    {
        if (State is GuardState.Relieved or GuardState.Claiming)
        {
            // Another guard's cache reads the sockets: nothing here was this one's to undo.
            _child?.Signal(Libc.SIGTERM);
            _loop.Stop();
        }
        else if (_predecessor is { IsOpen: true })
        {
            GiveBack();
        }
        else if (State == GuardState.Guarding)
        {
            State = GuardState.Stopping;
            _child?.Signal(Libc.SIGTERM);
            UpdateRelay();
            if (_successors.Count > 0)
            {
                _log.Info($"waiting up to {_options.Linger.TotalSeconds} s for the next guard's cache");
                _loop.Arm(_stopTimer, (long)_options.Linger.TotalMilliseconds);
            }
            else
            {
                Leave();
            }
        }
    }

    /// <summary>The old pod is still there, relieved or not: its guard guards again as soon as the channel closes, with the
    /// same sockets.</summary>
    private void GiveBack()
    {
        _log.Info("leaving the node to the old guard");
        _predecessor!.Close();
        _predecessor = null;
        DisownNode();
        State = GuardState.Relieved;
        StopRelay();
        _loop.Cancel(_bridgeTimer);
        _takeover?.Close();
        _child?.Signal(Libc.SIGTERM);
        _hasLeft = true;
        _loop.Arm(_stopTimer, _child is { IsRunning: true } ? ChildDrainMs : LastRepliesMs);
    }

    /// <summary>Nobody has taken over: what the exit mode says, then the last replies.</summary>
    private void Leave()
    {
        DisownNode();
        _log.Info($"leaving: {_options.ExitMode.ToString().ToLowerInvariant()}");
        _side.Run(_node.Leave, () =>
        {
            _hasLeft = true;
            RefuseWhenAlone();
            _loop.Arm(_stopTimer, _child is { IsRunning: true } ? ChildDrainMs : LastRepliesMs);
        });
    }

    /// <summary>Leaving with nobody left to read: what is queued still gets its answer, what comes now is refused. A cache
    /// that stays, because only the guard was told to stop, keeps its sockets as they are.</summary>
    private void RefuseWhenAlone()
    {
        if (_hasLeft && State == GuardState.Stopping && _successors.Count == 0
            && !_peers.Any(peer => peer.HasSockets && !peer.IsLeaving))
        {
            // A next guard would get sockets that nothing arrives at any more.
            _takeover?.Close();
            _sockets.RefuseNew();
        }
    }

    private void Finish()
    {
        _child?.Signal(Libc.SIGKILL);
        if (State == GuardState.Relieved || _successors.Any(s => s.Version > 0))
        {
            _loop.Stop();
        }
        else
        {
            _side.Run(_node.Finish, _loop.Stop);
        }
    }
}
