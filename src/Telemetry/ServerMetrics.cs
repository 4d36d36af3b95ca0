using System.Runtime.CompilerServices;
using static NodeDns.Telemetry.MetricLabels;
using static NodeDns.Telemetry.MetricNames;

namespace NodeDns.Telemetry;

/// <summary>The counters of one server address and one zone. Immutable: any worker may use it with its own
/// <see cref="WorkerCounters"/>.</summary>
/// <remarks>Counting a request takes seven additions and no allocation. Request and reply are counted together, when
/// the reply is sent or given up, as in CoreDNS.</remarks>
public sealed class ServerMetrics
{
    private readonly MetricRegistry _registry;
    private readonly int _requests, _duration, _requestSize, _responseSize, _do, _responses;

    /// <param name="server">As CoreDNS writes it: <c>dns://169.254.20.10:53</c>.</param>
    /// <param name="zone">With its final dot; <c>dropped</c> for queries that match no zone.</param>
    public ServerMetrics(MetricRegistry registry, string server, string zone)
    {
        _registry = registry;
        Server = server;
        Zone = zone;
        (string, string)[] labels = [("server", server), ("zone", zone), ("view", "")];
        _requests = registry.CounterTable(Requests, RequestsHelp, labels, Proto, Family, MetricLabels.Type);
        _duration = registry.HistogramTable(
            RequestDuration, RequestDurationHelp, TimeBuckets, MetricUnit.Nanoseconds, labels);
        _requestSize =
            registry.HistogramTable(RequestSize, RequestSizeHelp, SizeBuckets, MetricUnit.Bytes, labels, Proto);
        _responseSize =
            registry.HistogramTable(ResponseSize, ResponseSizeHelp, SizeBuckets, MetricUnit.Bytes, labels, Proto);
        _do = registry.CounterTable(DoRequests, DoRequestsHelp, labels);
        _responses = registry.CounterTable(Responses, ResponsesHelp, labels, Rcode, Plugin);
        foreach (var name in new[] { RequestCount, RequestTypeCount })
        {
            registry.CounterAlias(_requests, name, RequestsHelp, false, labels, Proto, Family, MetricLabels.Type);
        }

        registry.CounterAlias(_do, RequestDoCount, DoRequestsHelp, false, labels);
        registry.CounterAlias(_responses, ResponseRcodeCount, ResponsesHelp, false, labels, Rcode, Plugin);
    }

    public string Server { get; }

    public string Zone { get; }

    /// <summary>Counts one request and its reply.</summary>
    /// <param name="responseSize">Size of the reply in octets; 0 when none was sent.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(
        WorkerCounters counters,
        bool tcp,
        bool ipv6,
        ushort qtype,
        bool dnssecOk,
        int requestSize,
        int rcode,
        AnsweredBy plugin,
        int responseSize,
        long nanoseconds)
    {
        var proto = tcp ? 1 : 0;
        var family = ipv6 ? 1 : 0;
        counters.Increment(_requests + (proto * 2 + family) * Types + TypeIndex(qtype));
        if (dnssecOk)
        {
            counters.Increment(_do);
        }

        counters.ObserveTime(_duration, nanoseconds);
        counters.ObserveSize(_requestSize + proto * (SizeBucket.Count + 1), requestSize);
        counters.ObserveSize(_responseSize + proto * (SizeBucket.Count + 1), responseSize);
        counters.Increment(_responses + RcodeIndex(rcode) * Plugins + (int)plugin);
    }

    /// <summary>Counts replies of one size to queries of one size that the kernel has sent over UDP. Any thread may call
    /// this.</summary>
    /// <param name="nanoseconds">The duration of each.</param>
    public void CountInKernel(
        bool ipv6, ushort qtype, int requestSize, int rcode, int responseSize, long nanoseconds, long count)
    {
        _registry.Add(_requests + (ipv6 ? Types : 0) + TypeIndex(qtype), count);
        _registry.Add(_duration + TimeBucket.IndexOf(nanoseconds), count);
        _registry.Add(_duration + TimeBucket.Count, nanoseconds * count);
        _registry.Add(_requestSize + SizeBucket.IndexOf(requestSize), count);
        _registry.Add(_requestSize + SizeBucket.Count, requestSize * count);
        _registry.Add(_responseSize + SizeBucket.IndexOf(responseSize), count);
        _registry.Add(_responseSize + SizeBucket.Count, responseSize * count);
        _registry.Add(_responses + RcodeIndex(rcode) * Plugins + (int)AnsweredBy.Cache, count);
    }

    private const int Types = 20;
    private const int Plugins = 12;
}
