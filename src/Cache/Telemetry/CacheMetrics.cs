using static NodeDns.Cache.Telemetry.MetricLabels;
using static NodeDns.Cache.Telemetry.MetricNames;

namespace NodeDns.Cache.Telemetry;

/// <summary>What the cache counts for one server address and the zones of its block. Immutable slots.</summary>
public sealed class CacheMetrics
{
    private readonly int _requests, _hits, _misses, _prefetches, _drops, _servedStale, _evictions;
    private readonly MetricRegistry _registry;
    private readonly string _server, _zones;

    /// <param name="zones">The block's zones, each with its final dot, separated by commas.</param>
    public CacheMetrics(MetricRegistry registry, string server, string zones)
    {
        _registry = registry;
        _server = server;
        _zones = zones;
        (string, string)[] labels = [("server", server), ("zones", zones), ("view", "")];
        _requests = registry.Counter(CacheRequests, CacheRequestsHelp, labels);
        _misses = registry.Counter(CacheMisses, CacheMissesHelp, labels);
        _prefetches = registry.Counter(CachePrefetches, CachePrefetchesHelp, labels);
        _drops = registry.Counter(CacheDrops, CacheDropsHelp, labels);
        _servedStale = registry.Counter(CacheServedStale, CacheServedStaleHelp, labels);
        _hits = Both(CacheHits, CacheHitsHelp);
        _evictions = Both(CacheEvictions, CacheEvictionsHelp);
    }

    public void Hit(WorkerCounters counters, bool denial)
    {
        counters.Increment(_requests);
        counters.Increment(_hits + (denial ? 1 : 0));
    }

    public void Miss(WorkerCounters counters)
    {
        counters.Increment(_requests);
        counters.Increment(_misses);
    }

    /// <summary>Besides <see cref="Hit"/>, as in CoreDNS.</summary>
    public void ServedStale(WorkerCounters counters) => counters.Increment(_servedStale);

    public void Prefetch(WorkerCounters counters) => counters.Increment(_prefetches);

    /// <summary>A reply that was not cached because its question was not the one asked.</summary>
    public void Drop(WorkerCounters counters) => counters.Increment(_drops);

    public void Evict(WorkerCounters counters, bool denial) => counters.Increment(_evictions + (denial ? 1 : 0));

    /// <summary>Says where the number of entries can be read at each scrape.</summary>
    public void Entries(Func<double> success, Func<double> denial)
    {
        foreach (string name in new[] { CacheEntries, CacheSize })
        {
            _registry.Gauge(name, CacheEntriesHelp, success, Labels("success"));
            _registry.Gauge(name, CacheEntriesHelp, denial, Labels("denial"));
        }
    }

    /// <summary>For a block that a reload took away.</summary>
    public void ForgetEntries()
    {
        foreach (string type in CacheType.Values)
        {
            _registry.Forget(CacheEntries, Labels(type));
            _registry.Forget(CacheSize, Labels(type));
        }
    }

    private int Both(string name, string help) =>
        _registry.CounterTable(name, help, [("server", _server), ("zones", _zones), ("view", "")], CacheType);

    private (string, string)[] Labels(string type) =>
        [("server", _server), ("type", type), ("zones", _zones), ("view", "")];
}
