using Microsoft.Win32.SafeHandles;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>Caches: connecting, receiving the sockets, being ready, going away; and the one that is a child.</summary>
internal sealed partial class Guard
{
    private readonly CrashLoop _crashes = new();
    private readonly List<CachePeer> _peers = [];
    private readonly LoopAction _admitTimer;
    private readonly LoopAction _respawnTimer;
    private readonly CacheProcess? _child;
    private UnixListener? _handover;
    private CachePeer? _cache;
    private long _cacheGoneMs;

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
        CachePeer? peer = null;
        peer = new CachePeer
        {
            Channel = new HandoverChannel(_loop, fd, m => OnCacheMessage(peer!, m), () => OnCacheGone(peer!)),
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
                if (peer == _cache && State == GuardState.Guarding && !PredecessorAnswers)
                {
                    StartRelayNow();
                }
                RefuseWhenAlone();
                break;
            case HandoverKind.Drained:
                peer.IsDrained = true;
                _log.Info($"the cache ({peer.Program}) has finished what it had begun");
                break;
            case HandoverKind.AskReadiness:
                peer.Channel.Send(GuardPage.Readyz(Status) is { } missing
                    ? new HandoverMessage(HandoverKind.Readiness).With(HandoverTag.Reason, missing)
                    : new HandoverMessage(HandoverKind.Readiness));
                break;
            case HandoverKind.Want:
                peer.Wanted = message.EndPoints().ToList();
                Give(peer, onlyNew: true);
                break;
            case HandoverKind.OpenQueries when message.Descriptors is [var file] && Libc.IsMemoryFile(file):
                peer.OpenQueries?.Dispose();
                peer.OpenQueries = new SafeFileHandle(file, ownsHandle: true);
                return;
            case HandoverKind.Entries when message.Descriptors is [var entries]:
                OnEntries(entries);
                return;
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
        peer.Workers = (int)Math.Clamp(hello.Number(HandoverTag.Workers, 1), 1, HandoverHello.MaxWorkers);
        peer.Wanted = hello.EndPoints().ToList();
        peer.Version = AgreeVersion(hello);
        if (peer.Version == 0)
        {
            Refuse(peer,
                $"this guard speaks hand-over versions {HandoverVersion.Oldest} to {_options.NewestVersion}, the "
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

    private int AgreeVersion(HandoverMessage hello) => HandoverVersion.Agree(
        _options.NewestVersion,
        (int)hello.Number(HandoverTag.OldestVersion),
        (int)hello.Number(HandoverTag.NewestVersion));

    private void OnOffer(CachePeer peer)
    {
        var own = _sockets.All.ToList();
        var offered = _sockets.Adopt(peer.Arriving);
        var adopted = offered.Except(own).ToList();
        peer.Arriving.Clear();
        peer.HasSockets = true;
        peer.Given.UnionWith(offered);
        _log.Info($"the cache ({peer.Program}) has served on without a guard: {adopted.Count} sockets taken from it");
        if (State == GuardState.Claiming)
        {
            OpenSockets();
        }
        // Opened beside those of the cache, or asked for by its Corefile while no guard was there: it must read them too.
        Give(peer, onlyNew: true);
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
            var waitMs = Math.Max(_crashes.WaitMs(_loop.NowMs), _entriesDueMs - _loop.NowMs);
            if (waitMs > 0)
            {
                _loop.Arm(_admitTimer, waitMs);
                return;
            }
            Give(peer, onlyNew: false);
        }
    }

    /// <summary>Gives a cache the sockets of what it wants and does not have yet.</summary>
    /// <param name="onlyNew">It has some already: its Corefile has changed.</param>
    private void Give(CachePeer peer, bool onlyNew)
    {
        List<ListenEndPoint> endPoints = [.. _sockets.Resolve(peer.Wanted)];
        var opened = Open(endPoints, peer.Workers);
        peer.Reads = [.. _sockets.All.Where(s => SocketSet.Serves(s, endPoints))];
        // The guard's own that its Corefile does not bind too: the cache refuses there, nobody else would answer.
        var sockets = _sockets.All
            .Where(s => SocketSet.Serves(s, endPoints) || SocketSet.Serves(s, _sockets.OwnEndPoints))
            .Where(peer.Given.Add)
            .ToList();
        if (onlyNew && sockets.Count == 0)
        {
            return;
        }
        if (sockets.Count == 0)
        {
            Refuse(peer, "nothing of what the Corefile asks for can be opened: see the guard's log");
            return;
        }
        if (!onlyNew && peer.Version >= HandoverVersion.Entries)
        {
            SendEntries(peer);
        }
        peer.HasSockets = true;
        if (!peer.Channel.SendSockets(HandoverKind.Sockets, sockets))
        {
            _metrics.Problem(GuardProblem.Handover,
                $"the cache ({peer.Program}) went away while it was given the sockets");
            return;
        }
        if (!onlyNew)
        {
            _metrics.HandedOver();
            _log.Info($"{sockets.Count} sockets given to the cache ({peer.Program}, {peer.Workers} workers)");
        }
        if (_relayingSinceMs is not null && opened.Count > 0)
        {
            StartRelay();
        }
    }

    private void Refuse(CachePeer peer, string reason)
    {
        _metrics.Problem(GuardProblem.Handover, reason);
        peer.Channel.Send(new HandoverMessage(HandoverKind.Refused).With(HandoverTag.Reason, reason));
        peer.Channel.Close();
        peer.OpenQueries?.Dispose();
        _peers.Remove(peer);
    }

    private void OnReady(CachePeer peer)
    {
        peer.IsReady = true;
        peer.IsDrained = false;
        if (_cache is { } former && former != peer && former.Channel.IsOpen)
        {
            former.IsReady = false;
            former.IsLeaving = true;
            former.Channel.Send(new HandoverMessage(HandoverKind.Drain));
        }
        if (peer != _cache)
        {
            // One that reads again after its wrong answers is tried with a single probe.
            _wrongAnswers = 0;
        }
        _cache = peer;
        _hang = null;
        _distrusted = false;
        _isProven = false;
        _nextProbeMs = _loop.NowMs;
        _watchdog.Reset();
        _log.Info($"the cache ({peer.Program}) serves");
        RelievePredecessor();
        UpdateRelay();
    }

    private void OnCacheGone(CachePeer peer)
    {
        _peers.Remove(peer);
        ListenSockets.Close(peer.Arriving);
        Rescue(peer);
        peer.OpenQueries?.Dispose();
        if (peer != _cache && !peer.HasSockets)
        {
            return;
        }
        _log.Warning($"the cache ({peer.Program}) is gone");
        // A child's end is counted when it is reaped.
        if (_child is null)
        {
            CountDeath(crashed: !peer.IsLeaving && !peer.IsDrained);
        }
        if (peer == _cache)
        {
            _cache = null;
            _hang = null;
            _distrusted = false;
            _cacheGoneMs = _loop.NowMs;
            UpdateRelay();
        }
    }

    /// <summary>Relays what a dead or hung cache has read and not answered. If it answers after all, its clients drop the
    /// second reply.</summary>
    private void Rescue(CachePeer peer)
    {
        if (peer.OpenQueries is null || !peer.HasSockets || _options.ClusterDns.Count == 0)
        {
            return;
        }
        var relayed = 0;
        foreach (var query in OpenQueryFile.Read(peer.OpenQueries, peer.Workers))
        {
            if (_sockets.Find(query.Socket) is { } socket)
            {
                _udpRelay.Relay(query.Message, query.Client, socket.Fd);
                _metrics.RescuedQuery();
                relayed++;
            }
        }
        if (relayed > 0)
        {
            _log.Info($"the cache ({peer.Program}) had not answered {relayed} queries: relayed");
        }
    }

    /// <summary>Takes a death down.</summary>
    /// <returns>For how long the next cache is held back.</returns>
    private int CountDeath(bool crashed)
    {
        _metrics.CacheEnded(crashed);
        var waitMs = crashed ? _crashes.Died(_loop.NowMs) : 0;
        if (waitMs > 0)
        {
            _log.Warning($"the cache dies again and again: held back for {waitMs / 1000} s, cluster DNS is relayed until then");
            Check();
        }
        return waitMs;
    }

    // The child (--spawn).

    private void SpawnCache()
    {
        if (_child is null || _child.IsRunning || State is GuardState.Stopping or GuardState.Claiming)
        {
            return;
        }
        try
        {
            _child.Start();
        }
        catch (SyscallException failure)
        {
            _metrics.Problem(GuardProblem.Spawn, failure.Message);
            _loop.Arm(_respawnTimer, RetryMs);
        }
    }

    private void OnChildEnded(int code)
    {
        if (_hasLeft || State == GuardState.Stopping)
        {
            if (_hasLeft)
            {
                _loop.Arm(_stopTimer, LastRepliesMs);
            }
            return;
        }
        var crashed = code != 0;
        _metrics.Problem(GuardProblem.Spawn, code > 128
            ? $"the cache was ended by signal {code - 128}"
            : $"the cache ended with exit code {code}");
        _loop.Arm(_respawnTimer, CountDeath(crashed));
    }
}
