using System.Net;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Upstream;

/// <summary>The pods behind a forward's servers, and which of them is asked next. Shared by all workers.</summary>
/// <remarks>Of two random pods the better one is asked (power of two choices): the one with the lower round-trip time, times
/// the questions that wait there already. So a near pod wins, and no pod is overrun by all nodes at once.</remarks>
internal sealed class EndpointSet
{
    /// <summary>The most pods that one node knows. A larger cluster DNS gives each node other ones.</summary>
    public const int Maximum = 16;

    /// <summary>One choice in so many is a random one, so that a pod that was slow once is found to be fast again.</summary>
    private const int ExploreOneIn = 16;

    /// <summary>How long a pod that answered with a failover rcode is asked only after the others.</summary>
    public const long AvoidMs = 5_000;

    /// <summary>How many other pods or servers are asked after a failover rcode.</summary>
    public const int MostFailovers = 2;

    private readonly ForwardOptions _options;
    private readonly ForwardMetrics _metrics;
    private readonly int _firstIndex;

    // Replaced as a whole by the first worker.
    private volatile UpstreamState[] _current = [];
    private volatile bool _wasAsked;
    private int _lastIndex;

    public EndpointSet(EndpointsOptions endpoints, ForwardOptions options, MetricRegistry registry)
    {
        Options = endpoints;
        _options = options;
        _metrics = new ForwardMetrics(registry, endpoints.Text);
        _firstIndex = options.Servers.Length;
        _lastIndex = _firstIndex;
        registry.Gauge(MetricNames.ForwardEndpoints, MetricNames.ForwardEndpointsHelp, () => Current.Length, ("name", endpoints.Text));
    }

    public EndpointsOptions Options { get; }

    public UpstreamState[] Current => _current;

    /// <summary>One more than the largest <see cref="UpstreamState.Index"/> that a pod may have.</summary>
    public int IndexLimit => _firstIndex + Maximum;

    /// <summary>Only the first worker's thread may call this. Pods that stay keep what is known about them.</summary>
    /// <returns>The pods that are new.</returns>
    public IReadOnlyList<UpstreamState> Replace(IReadOnlyCollection<IPAddress> addresses)
    {
        var before = _current;
        var kept = before.Where(pod => addresses.Contains(pod.Endpoint.Address.Address)).ToList();
        var added = addresses.Except(kept.Select(pod => pod.Endpoint.Address.Address)).ToArray();
        Random.Shared.Shuffle(added);
        foreach (var gone in before.Except(kept))
        {
            gone.Leave();
        }

        var news = kept.Count;
        foreach (var address in added.Take(Maximum - kept.Count))
        {
            kept.Add(new UpstreamState(
                FreeIndex(kept), new UpstreamEndpoint(new IPEndPoint(address, Options.Port)), _options, _metrics));
        }

        _current = [.. kept];
        return kept[news..];
    }

    /// <summary>True when a query has come since this was called last.</summary>
    public bool TakeAsked()
    {
        var asked = _wasAsked;
        _wasAsked = false;
        return asked;
    }

    /// <summary>Chooses a healthy pod that this query has not asked. One that has not answered yet, not even a probe, or that
    /// is avoided, only if there is no other.</summary>
    /// <param name="tried">Bit n is set when this query has already asked server n.</param>
    /// <returns>null when there is none.</returns>
    public UpstreamState? Choose(uint tried, long nowMs, RandomIds random)
    {
        if (!_wasAsked)
        {
            _wasAsked = true;
        }

        Span<byte> places = stackalloc byte[Maximum];
        var current = _current;
        var count = 0;
        for (var avoided = false; count == 0; avoided = true)
        {
            for (var i = 0; i < current.Length; i++)
            {
                var pod = current[i];
                if ((tried >> pod.Index & 1) == 0 && !pod.IsDown && !pod.IsSuspect(nowMs)
                    && (avoided || (pod.IsProven && !pod.IsAvoided(nowMs))))
                {
                    places[count++] = (byte)i;
                }
            }

            if (avoided)
            {
                break;
            }
        }

        if (count == 0)
        {
            return null;
        }

        var chance = random.Next64();
        var first = (int)(chance % (uint)count);
        var one = current[places[first]];
        if (count == 1 || (chance >> 56) % ExploreOneIn == 0)
        {
            return one;
        }

        var second = (first + 1 + (int)((chance >> 32 & 0xFFFFFF) % (uint)(count - 1))) % count;
        var other = current[places[second]];
        return other.Cost < one.Cost ? other : one;
    }

    private int FreeIndex(List<UpstreamState> taken)
    {
        // Not the one that became free just now: queries that wait there still mean the pod before.
        do
        {
            _lastIndex = _lastIndex + 1 < IndexLimit ? _lastIndex + 1 : _firstIndex;
        }
        while (taken.Exists(pod => pod.Index == _lastIndex));
        return _lastIndex;
    }
}
