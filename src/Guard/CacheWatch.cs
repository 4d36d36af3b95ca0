using System.Net;
using NodeDns.Guard.Node;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard;

/// <summary>Checks that the current cache reads its sockets, sends heartbeats and answers correctly, and reports what
/// it finds to the <see cref="GuardMachine"/>.</summary>
internal sealed class CacheWatch
{
    private const int RetryMs = 500;

    /// <summary>How soon to ask again after a new cache failed its first probe. Short, because pods already use that
    /// cache.</summary>
    private const int FreshRetryMs = 100;

    /// <summary>How long the old pod's cache may take to stop reading after it was relieved.</summary>
    private const int RelievedMs = 250;

    /// <summary>Starting the relay does no harm when the cache was only short of CPU, but resetting its connections
    /// does. When the guard's own timer is this late, the machine is short of CPU, and connections are reset only after
    /// twice --hang-after.</summary>
    private const int StarvedMs = 3 * Watchdog.SampleMs;

    private readonly GuardParts _parts;
    private readonly GuardMachine _machine;
    private readonly Caches _caches;
    private readonly Relay _relay;
    private readonly Watchdog _watchdog;
    private readonly CacheProbe? _probe;
    private readonly CpuShortage _shortage = new(StarvedMs);
    private bool _hasFreedClients;
    private long _nextProbeMs;

    public CacheWatch(GuardParts parts, GuardMachine machine, Caches caches, Relay relay)
    {
        _parts = parts;
        _machine = machine;
        _caches = caches;
        _relay = relay;
        _watchdog = new Watchdog(parts.Options.HangAfter);
        _probe = parts.Options.ProbeInterval > TimeSpan.Zero && parts.Options.ClusterDns.Count > 0
            ? new CacheProbe(parts.Loop, parts.Options.DnsPort, parts.Options.ClusterDns[0], parts.Options.ProbeName)
            : null;
        caches.Ready += OnReady;
    }

    /// <summary>The addresses to probe: those that are on this node.</summary>
    public Func<IReadOnlyCollection<IPAddress>> Probed { get; set; } = () => [];

    /// <summary>Kills the cache, if it is a child of the guard.</summary>
    public Action KillChild { get; set; } = () => { };

    /// <summary>Octets in the UDP receive queues plus connections in the TCP accept queues.</summary>
    public long Waiting => _watchdog.Waiting;

    /// <summary>Checks once. Called every <see cref="Watchdog.SampleMs"/>.</summary>
    public void Look()
    {
        var nowMs = _parts.Loop.NowMs;
        _shortage.Sample(nowMs);
        if (_machine.State == GuardState.Guarding && _caches.Current is { IsReady: true } cache)
        {
            Watch(cache, nowMs);
            Probe(nowMs);
        }
    }

    private void OnReady()
    {
        _watchdog.Reset();
        // The old pod's cache still reads the same sockets until it is told to stop, so a reply now may be from either
        // cache.
        _nextProbeMs = _parts.Loop.NowMs + (_machine.PredecessorWaits ? RelievedMs : 0);
    }

    private void Watch(CachePeer cache, long nowMs)
    {
        var verdict = _watchdog.Look(cache.Expected, cache, nowMs);
        var isHung = _machine.Trust == CacheTrust.Hung;
        if (!isHung && verdict is not null && _machine.Trust is CacheTrust.Fresh or CacheTrust.Serving)
        {
            _hasFreedClients = false;
            _parts.Metrics.Hung();
            _parts.Log.CacheHung(verdict);
            _machine.CacheHung();
            _caches.Rescue(cache);
        }
        else if (isHung && verdict is null && cache.SilentMs(nowMs) < 2 * HandoverClient.HeartbeatMs)
        {
            _parts.Log.CacheTurns();
            _nextProbeMs = nowMs;
            _machine.CacheTurns();
        }
        // Reset at 80 % of --hang-after, so that clients have time to ask again before it is over.
        var patience = (_shortage.IsRecent(nowMs) ? 2 : 0.8) * _parts.Options.HangAfter.TotalMilliseconds;
        if (_machine.Trust == CacheTrust.Hung && !_hasFreedClients && cache.SilentMs(nowMs) >= patience)
        {
            FreeClients();
        }
    }

    /// <summary>Resets the TCP connections that a hung cache has accepted, so that their clients ask again at once.
    /// Then kills the cache if it is a child. A cache in another container is restarted by kubelet, because /cachez
    /// fails.</summary>
    private void FreeClients()
    {
        _hasFreedClients = true;
        try
        {
            var count = TcpReset.Reset(_parts.Options.AllAddresses, _parts.Options.DnsPort, _relay.Inodes());
            _parts.Metrics.ResetConnections(count);
            _parts.Log.ConnectionsReset(count);
        }
        catch (Exception failure) when (failure is NetlinkException or SyscallException)
        {
            _parts.Log.ConnectionsStay(failure.Message);
        }
        KillChild();
    }

    private void Probe(long nowMs)
    {
        if (_probe is null && _machine.Trust == CacheTrust.Fresh)
        {
            // Without probes (--probe-interval 0) the cache counts as working when it says that it is ready.
            _machine.ProbeAnswered();
        }
        if (_probe is null || nowMs < _nextProbeMs || _machine.Trust is not (CacheTrust.Fresh or CacheTrust.Serving)
            || Probed() is not { Count: > 0 } addresses)
        {
            return;
        }
        _nextProbeMs = nowMs + (_machine.Trust == CacheTrust.Fresh
            ? RetryMs
            : (long)_parts.Options.ProbeInterval.TotalMilliseconds);
        var cache = _caches.Current;
        _probe.Ask(addresses, (isAnswered, verdict) =>
        {
            // The cache that was probed may have gone in the meantime; then its result does not matter.
            if (cache == _caches.Current)
            {
                OnProbed(isAnswered, verdict);
            }
        });
    }

    private void OnProbed(bool isAnswered, string? verdict)
    {
        if (isAnswered)
        {
            _machine.ProbeAnswered();
        }
        else if (verdict is not null)
        {
            _parts.Metrics.WrongAnswer();
            _parts.Log.WrongAnswer(verdict);
            _nextProbeMs = _parts.Loop.NowMs + (_machine.Trust == CacheTrust.Fresh ? FreshRetryMs : RetryMs);
            _machine.ProbeFailed();
        }
    }
}
