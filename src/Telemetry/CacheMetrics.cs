using static NodeDns.Telemetry.MetricLabels;
using static NodeDns.Telemetry.MetricNames;

namespace NodeDns.Telemetry;

/// <summary>The cache's counters for one server address and the zones of its block. Immutable: it holds slot numbers
/// only.</summary>
public sealed class CacheMetrics
{
    private readonly int _requests, _hits, _misses, _prefetches, _drops, _servedStale, _cutDenials, _kernelAnswers;
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
        _cutDenials = registry.Counter(CutDenials, CutDenialsHelp, labels);
        _kernelAnswers = registry.Counter(KernelAnswers, KernelAnswersHelp, labels);
        _hits = registry.CounterTable(CacheHits, CacheHitsHelp, labels, CacheType);
    }

    public void Hit(WorkerCounters counters, bool denial)
    {
        counters.Increment(_requests);
        counters.Increment(_hits + (denial ? 1 : 0));
    }

    /// <summary>Counts hits that the kernel has answered. Any thread may call this.</summary>
    public void HitInKernel(bool denial, long count)
    {
        _registry.Add(_requests, count);
        _registry.Add(_hits + (denial ? 1 : 0), count);
        _registry.Add(_kernelAnswers, count);
    }

    public void Miss(WorkerCounters counters)
    {
        counters.Increment(_requests);
        counters.Increment(_misses);
    }

    /// <summary>Counted in addition to <see cref="Hit"/>, as CoreDNS does.</summary>
    public void ServedStale(WorkerCounters counters) => counters.Increment(_servedStale);

    /// <summary>Counted in addition to <see cref="Hit"/>.</summary>
    public void CutDenial(WorkerCounters counters) => counters.Increment(_cutDenials);

    public void Prefetch(WorkerCounters counters) => counters.Increment(_prefetches);

    /// <summary>Counts a reply that is not cached because it is malformed.</summary>
    public void Drop(WorkerCounters counters) => counters.Increment(_drops);

    /// <summary>Sets where each scrape reads the number of entries and evictions. The argument is true for denials,
    /// false for successes.</summary>
    public void Store(Func<bool, double> entries, Func<bool, double> evictions)
    {
        for (var i = 0; i < CacheType.Values.Length; i++)
        {
            var isDenial = i == 1;
            (string, string)[] labels =
                [("server", _server), ("type", CacheType.Values[i]), ("zones", _zones), ("view", "")];
            foreach (var name in new[] { CacheEntries, CacheSize })
            {
                _registry.Gauge(name, CacheEntriesHelp, () => entries(isDenial), labels);
            }

            _registry.ReadCounter(CacheEvictions, CacheEvictionsHelp, () => evictions(isDenial), labels);
        }
    }
}
