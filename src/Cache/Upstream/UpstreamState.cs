using System.Net;
using System.Runtime.CompilerServices;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Cache.Upstream;

/// <summary>What all workers know about one server: its health and its speed.</summary>
/// <remarks>Each field is one word that any worker writes without a lock; a race loses at most one sample or one count.
/// A server is <b>healthy</b>, <b>suspect</b> (something failed and a probe is running: it is asked only when there is
/// no better one), or <b>down</b> (more than max_fails probes have failed).</remarks>
internal sealed class UpstreamState(
    int index, UpstreamEndpoint endpoint, ForwardOptions options, ForwardMetrics metrics)
{
    /// <summary>With max_fails 0 there are no probes. A failure is then forgotten after this time and the server is
    /// tried again.</summary>
    private const long SuspectWithoutProbeMs = 2000;

    // Replaced as a whole by any thread.
    private volatile StrongBox<SocketAddress> _address = AddressOf(endpoint);
    private int _fails;
    private int _probeClaimed;
    private long _lastAnswerMs = long.MinValue;
    private long _suspectUntilMs = long.MinValue;
    private long _avoidUntilMs = long.MinValue;
    private int _waiting;
    private volatile bool _hasLeft;

    public int Index { get; } = index;

    public UpstreamEndpoint Endpoint { get; } = endpoint;

    public ForwardMetrics Metrics { get; } = metrics;

    public RttEstimate Rtt { get; } = new();

    public ServerPath Path { get; } = new();

    /// <summary>Where to send. Without its link, a link-local address cannot be reached.</summary>
    public SocketAddress Address => _address.Value;

    /// <summary>Details of the last failure, for the log. Written by any thread.</summary>
    public string? Trouble { get; set; }

    public bool IsDown => options.MaxFails > 0 && Volatile.Read(ref _fails) > options.MaxFails;

    /// <summary>True when the server has answered a query or a probe at least once.</summary>
    public bool IsProven => Volatile.Read(ref _lastAnswerMs) != long.MinValue;

    public bool IsSuspect(long nowMs) => Volatile.Read(ref _suspectUntilMs) > nowMs;

    /// <summary>It answered lately, but with a failure, so others are asked before it.</summary>
    public bool IsAvoided(long nowMs) => Volatile.Read(ref _avoidUntilMs) > nowMs;

    /// <summary>The pod is no longer one of the forward's endpoints: what waits there may still be answered, and nothing
    /// new is sent.</summary>
    public bool HasLeft => _hasLeft;

    /// <summary>How dear a query is here: the round-trip time, in microseconds, of all that wait. 0 while the time is not
    /// known.</summary>
    public long Cost => (long)Rtt.SmoothedMicroseconds * (1 + Volatile.Read(ref _waiting));

    public void Leave() => _hasLeft = true;

    public void Avoid(long untilMs) => Volatile.Write(ref _avoidUntilMs, untilMs);

    /// <summary>A query was sent. <see cref="Done"/> follows.</summary>
    public void Asked() => Interlocked.Increment(ref _waiting);

    public void Done() => Interlocked.Decrement(ref _waiting);

    public bool AnsweredSince(long sinceMs) => Volatile.Read(ref _lastAnswerMs) >= sinceMs;

    /// <summary>Records a reply to a query or a probe, which makes the server healthy.</summary>
    /// <returns>true when the server had been down.</returns>
    public bool Answered(long nowMs)
    {
        Volatile.Write(ref _lastAnswerMs, nowMs);
        if (Volatile.Read(ref _suspectUntilMs) != long.MinValue)
        {
            Volatile.Write(ref _suspectUntilMs, long.MinValue);
        }
        return Volatile.Read(ref _fails) != 0 && Interlocked.Exchange(ref _fails, 0) > options.MaxFails;
    }

    /// <summary>Records that a query failed here.</summary>
    /// <returns>true for the one worker that now has to probe until the server answers.</returns>
    public bool Failed(long nowMs)
    {
        FindLink();
        var probes = options.MaxFails > 0;
        Volatile.Write(ref _suspectUntilMs, probes ? long.MaxValue : nowMs + SuspectWithoutProbeMs);
        return probes && TakeProbe();
    }

    /// <returns>true when the server now counts as down.</returns>
    public bool ProbeFailed()
    {
        FindLink();
        return options.MaxFails > 0 && Interlocked.Increment(ref _fails) == options.MaxFails + 1;
    }

    /// <returns>true for the one worker that has to probe until the server answers.</returns>
    public bool TakeProbe() => Interlocked.Exchange(ref _probeClaimed, 1) == 0;

    /// <summary>Records that the probe has ended. This is a full fence, and <see cref="Failed"/> has one after its
    /// write, so one of the two always sees the other.</summary>
    public void ReleaseProbe() => Interlocked.Exchange(ref _probeClaimed, 0);

    /// <summary>To be called after <see cref="ReleaseProbe"/>: checks whether a query failed meanwhile on a worker that
    /// did not start a probe because this one was still running.</summary>
    /// <returns>true for the one worker that now has to probe until the server answers.</returns>
    public bool NeedsProbe(long nowMs) => IsSuspect(nowMs) && TakeProbe();

    /// <summary>Looks up the link again, because it may appear late, or disappear and return with another
    /// index.</summary>
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
