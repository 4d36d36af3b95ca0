using NodeDns.Guard.Node;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>The listening sockets: from a cache that outlived its guard, or opened. Each endpoint by itself, so that one
/// that somebody else holds keeps no other from being served.</summary>
internal sealed partial class Guard
{
    /// <summary>How long a cache that holds the sockets has to offer them: it tries every 100 ms.</summary>
    private const int OfferWaitMs = 1500;

    private readonly SocketSet _sockets;
    private readonly Dictionary<ListenEndPoint, string> _unopened = [];
    private readonly LoopAction _claimTimer;

    private void Claim()
    {
        if (_sockets.OwnEndPoints.Any(endPoint => SocketTable.Bound(endPoint).Count > 0))
        {
            _log.Info($"the sockets are held already: waiting {OfferWaitMs} ms for their cache to offer them");
            _loop.Arm(_claimTimer, OfferWaitMs);
        }
        else
        {
            OpenSockets();
        }
    }

    private void OpenSockets()
    {
        var opened = Open(_sockets.OwnEndPoints, _options.Workers);
        if (_sockets.All.Count == 0)
        {
            return;
        }
        _log.Info($"{opened.Count} sockets opened, {_sockets.All.Count - opened.Count} taken over");
        State = GuardState.Guarding;
        if (_predecessor is not { IsOpen: true })
        {
            OwnNode();
        }
        AdmitWaiting();
        SpawnCache();
        UpdateRelay();
    }

    /// <summary>Opens what can be opened; the rest is tried again.</summary>
    private List<ListenSocket> Open(IEnumerable<ListenEndPoint> endPoints, int workers)
    {
        var opened = new List<ListenSocket>();
        foreach (var endPoint in endPoints)
        {
            try
            {
                opened.AddRange(_sockets.Open([endPoint], workers));
                if (_unopened.Remove(endPoint))
                {
                    _log.Info($"{endPoint}: opened at last");
                }
            }
            catch (SyscallException failure)
            {
                var remedy = failure.Error switch
                {
                    Errno.EADDRINUSE =>
                        "another program holds it without SO_REUSEPORT or under another uid: stop that one",
                    Errno.EACCES => "give the container CAP_NET_BIND_SERVICE",
                    _ => "trying again",
                };
                var problem = $"{failure.Message}: {remedy}";
                if (_unopened.GetValueOrDefault(endPoint) != problem)
                {
                    _unopened[endPoint] = problem;
                    _metrics.Problem(GuardProblem.Socket, problem);
                }
            }
        }
        if (_unopened.Count > 0 && !_claimTimer.IsArmed)
        {
            _loop.Arm(_claimTimer, RetryMs);
        }
        return opened;
    }

    /// <summary>Tries again what could not be opened, as long as it is still wanted.</summary>
    private void OpenAgain()
    {
        if (State == GuardState.Claiming)
        {
            OpenSockets();
            return;
        }
        var readers = _peers.Where(p => p.HasSockets).ToList();
        var wanted = readers.SelectMany(p => _sockets.Resolve(p.Wanted)).Concat(_sockets.OwnEndPoints).ToHashSet();
        foreach (var endPoint in _unopened.Keys.Where(e => !wanted.Contains(e)).ToList())
        {
            _unopened.Remove(endPoint);
        }
        Open(_sockets.OwnEndPoints, _options.Workers);
        foreach (var peer in readers)
        {
            Give(peer, onlyNew: true);
        }
        if (_relayingSinceMs is not null)
        {
            StartRelay();
        }
    }
}
