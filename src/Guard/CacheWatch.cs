using System.Net;
using NodeDns.Guard.Node;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard;

/// <summary>Looks whether the cache in force reads, turns and answers, and tells the machine.</summary>
internal sealed class CacheWatch
{
    private const int RetryMs = 500;

    /// <summary>A cache that has not proved itself yet is asked in quick succession: meanwhile it answers pods.</summary>
    private const int FreshRetryMs = 100;

    /// <summary>What an old pod's cache needs to stop reading.</summary>
    private const int RelievedMs = 250;

    /// <summary>Relaying is harmless when the cache was merely starved of CPU; resetting its clients is not. A machine
    /// on which the guard's own timer was late by so much is starved, and resetting waits for twice
    /// --hang-after.</summary>
    private const int StarvedMs = 3 * Watchdog.SampleMs;

    private readonly GuardParts _parts;
    private readonly GuardMachine _machine;
    private readonly Caches _caches;
    private readonly Relay _relay;
    private readonly Watchdog _watchdog;
    private readonly CacheProbe? _probe;
    private bool _hasFreedClients;
    private long _sampledMs;
    private long _starvedMs = long.MinValue / 2;
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

    /// <summary>The addresses that this node can carry.</summary>
    public Func<IReadOnlyCollection<IPAddress>> Probed { get; set; } = () => [];

    /// <summary>Kills the cache, where it is a child.</summary>
    public Action KillChild { get; set; } = () => { };

    /// <summary>Octets waiting in UDP queues and connections in TCP backlogs.</summary>
    public long Waiting => _watchdog.Waiting;

    /// <summary>Looks; every <see cref="Watchdog.SampleMs"/>.</summary>
    public void Look()
    {
        var nowMs = _parts.Loop.NowMs;
        if (nowMs - _sampledMs > StarvedMs)
        {
            _starvedMs = nowMs;
        }
        _sampledMs = nowMs;
        if (_machine.State == GuardState.Guarding && _caches.Current is { IsReady: true } cache)
        {
            Watch(cache, nowMs);
            Probe(nowMs);
        }
    }

    private void OnReady()
    {
        _watchdog.Reset();
        // The old pod's cache reads on until it has heard: what it answers proves nothing.
        _nextProbeMs = _parts.Loop.NowMs + (_machine.PredecessorWaits ? RelievedMs : 0);
        if (_probe is null)
        {
            _machine.ProbeAnswered();
        }
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
            if (_probe is null)
            {
                _machine.ProbeAnswered();
            }
        }
        // A fifth of the time is left for the clients to ask again by --hang-after.
        var patience = (nowMs - _starvedMs < 1000 ? 2 : 0.8) * _parts.Options.HangAfter.TotalMilliseconds;
        if (_machine.Trust == CacheTrust.Hung && !_hasFreedClients && cache.SilentMs(nowMs) >= patience)
        {
            FreeClients();
        }
    }

    /// <summary>A hung cache keeps what it has accepted: its clients are reset, and ask again at once. A child is
    /// killed; in another container only kubelet can, and will: /cachez fails.</summary>
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
            // What a cache that has gone meanwhile would have said is of no interest.
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
