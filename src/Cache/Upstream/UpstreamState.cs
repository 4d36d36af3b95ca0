using System.Net;
using System.Runtime.CompilerServices;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Cache.Upstream;

/// <summary>What all workers know of one server: health, speed, whether it understands EDNS.</summary>
/// <remarks>Every field is one word, written by any worker without a lock; a lost race costs one sample or one probe's
/// count. A server is <b>healthy</b>, or <b>suspect</b> (something failed, a probe is under way: asked only when
/// nothing better is left), or <b>down</b> (more than max_fails probes failed).</remarks>
internal sealed class UpstreamState(
    int index, UpstreamEndpoint endpoint, ForwardOptions options, ForwardMetrics metrics)
{
    /// <summary>With max_fails 0 nobody probes: a failure is forgotten after this and the server tried again.</summary>
    private const long SuspectWithoutProbeMs = 2000;

    // Written by any thread, a whole new one at a time.
    private volatile StrongBox<SocketAddress> _address = AddressOf(endpoint);
    private int _fails;
    private int _probeClaimed;
    private long _lastAnswerMs = long.MinValue;
    private long _suspectUntilMs = long.MinValue;

    public int Index { get; } = index;

    public UpstreamEndpoint Endpoint { get; } = endpoint;

    public ForwardMetrics Metrics { get; } = metrics;

    public RttEstimate Rtt { get; } = new();

    public ServerPath Path { get; } = new();

    /// <summary>Where to send. Without its link, a link-local address cannot be reached.</summary>
    public SocketAddress Address => _address.Value;

    /// <summary>More about the last failure than its kind, for the log; written by any thread.</summary>
    public string? Trouble { get; set; }

    public bool IsDown => options.MaxFails > 0 && Volatile.Read(ref _fails) > options.MaxFails;

    /// <summary>Whether it has ever answered a query or a probe.</summary>
    public bool IsProven => Volatile.Read(ref _lastAnswerMs) != long.MinValue;

    public bool IsSuspect(long nowMs) => Volatile.Read(ref _suspectUntilMs) > nowMs;

    public bool AnsweredSince(long sinceMs) => Volatile.Read(ref _lastAnswerMs) >= sinceMs;

    /// <summary>Any reply, to a query or a probe, makes the server healthy.</summary>
    /// <returns>true when that ends its being down.</returns>
    public bool Answered(long nowMs)
    {
        Volatile.Write(ref _lastAnswerMs, nowMs);
        if (Volatile.Read(ref _suspectUntilMs) != long.MinValue)
        {
            Volatile.Write(ref _suspectUntilMs, long.MinValue);
        }
        return Volatile.Read(ref _fails) != 0 && Interlocked.Exchange(ref _fails, 0) > options.MaxFails;
    }

    /// <summary>A query failed here.</summary>
    /// <returns>true for the one worker that must now probe until the server answers.</returns>
    public bool Failed(long nowMs)
    {
        FindLink();
        var probes = options.MaxFails > 0;
        Volatile.Write(ref _suspectUntilMs, probes ? long.MaxValue : nowMs + SuspectWithoutProbeMs);
        return probes && TakeProbe();
    }

    /// <returns>true when this failure makes the server count as down.</returns>
    public bool ProbeFailed()
    {
        FindLink();
        return options.MaxFails > 0 && Interlocked.Increment(ref _fails) == options.MaxFails + 1;
    }

    /// <returns>true for the one worker that must probe until the server answers.</returns>
    public bool TakeProbe() => Interlocked.Exchange(ref _probeClaimed, 1) == 0;

    /// <summary>The probe has ended. A full fence, as <see cref="Failed"/> has one after its write: one of the two sees
    /// the other.</summary>
    public void ReleaseProbe() => Interlocked.Exchange(ref _probeClaimed, 0);

    /// <summary>After <see cref="ReleaseProbe"/>: whether a query has failed since the server answered, whose worker
    /// saw that the probe was taken.</summary>
    /// <returns>true for the one worker that must now probe until the server answers.</returns>
    public bool NeedsProbe(long nowMs) => IsSuspect(nowMs) && TakeProbe();

    /// <summary>A link may come late, or go and come back under another number.</summary>
    private void FindLink()
    {
        if (Endpoint.Scope is not null)
        {
            _address = AddressOf(Endpoint);
        }
    }

    private static StrongBox<SocketAddress> AddressOf(UpstreamEndpoint endpoint) => new(SocketAddress.From(
        new IPEndPoint(
            LinkScope.Of(endpoint.Address.Address, endpoint.Scope) ?? endpoint.Address.Address, endpoint.Address.Port)));
}
