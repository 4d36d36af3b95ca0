using static NodeDns.Telemetry.MetricLabels;
using static NodeDns.Telemetry.MetricNames;

namespace NodeDns.Telemetry;

public enum UpstreamProto
{
    Udp,
    Tcp,
    Tls,
}

/// <summary>The counters of one upstream server. They are shown under the names of two CoreDNS generations:
/// <c>coredns_proxy_*</c>, and the <c>coredns_forward_*</c> that CoreDNS dropped in 1.11. Both names use the same
/// slots. Immutable.</summary>
public sealed class ForwardMetrics
{
    private readonly int _requests, _duration, _healthFailures, _connHits, _connMisses;

    /// <param name="to">The upstream's address and port as CoreDNS prints them: <c>10.96.0.10:53</c>.</param>
    public ForwardMetrics(MetricRegistry registry, string to)
    {
        To = to;
        (string, string)[] legacy = [("to", to)];
        (string, string)[] labels = [("proxy_name", "forward"), ("to", to)];
        _requests = registry.Counter(ForwardRequests, ForwardRequestsHelp, legacy);
        _duration = registry.HistogramTable(
            ProxyDuration, ProxyDurationHelp, TimeBuckets, MetricUnit.Nanoseconds, labels, Rcode);
        registry.HistogramAlias(
            _duration, ForwardDuration, ForwardDurationHelp, TimeBuckets, MetricUnit.Nanoseconds, legacy, Rcode);
        registry.CounterOfObservations(_duration, ForwardResponses, ForwardResponsesHelp, TimeBuckets, legacy, Rcode);
        registry.CounterAlias(_requests, ForwardRequestCount, ForwardRequestsHelp, showZero: true, legacy);
        registry.CounterOfObservations(
            _duration, ForwardResponseRcodeCount, ForwardResponsesHelp, TimeBuckets, legacy, Rcode);
        _healthFailures = Two(ProxyHealthFailures, ProxyHealthFailuresHelp, ForwardHealthFailures);
        _connHits = Two(ProxyConnHits, ProxyConnHitsHelp, ForwardConnHits, MetricLabels.UpstreamProto);
        _connMisses = Two(ProxyConnMisses, ProxyConnMissesHelp, ForwardConnMisses, MetricLabels.UpstreamProto);

        int Two(string name, string help, string oldName, params MetricDimension[] dimensions)
        {
            var showZero = dimensions.Length == 0;
            var first = showZero
                ? registry.Counter(name, help, labels)
                : registry.CounterTable(name, help, labels, dimensions);
            registry.CounterAlias(first, oldName, help, showZero, legacy, dimensions);
            if (oldName == ForwardHealthFailures)
            {
                registry.CounterAlias(first, ForwardHealthFailureCount, help, showZero, legacy);
            }

            return first;
        }
    }

    public string To { get; }

    /// <summary>Counts a query sent to this upstream.</summary>
    public void Request(WorkerCounters counters) => counters.Increment(_requests);

    /// <summary>Counts a response from this upstream.</summary>
    public void Response(WorkerCounters counters, int rcode, long nanoseconds) =>
        counters.ObserveTime(_duration + RcodeIndex(rcode) * (TimeBucket.Count + 1), nanoseconds);

    public void HealthFailure(WorkerCounters counters) => counters.Increment(_healthFailures);

    /// <summary>Counts a query that used an open connection (for UDP: an open socket).</summary>
    public void ConnectionReused(WorkerCounters counters, UpstreamProto proto) =>
        counters.Increment(_connHits + (int)proto);

    /// <summary>Counts a query for which a connection had to be opened.</summary>
    public void ConnectionOpened(WorkerCounters counters, UpstreamProto proto) =>
        counters.Increment(_connMisses + (int)proto);
}
