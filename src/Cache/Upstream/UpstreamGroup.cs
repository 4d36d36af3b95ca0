using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Upstream;

/// <summary>The servers of one <c>forward</c> directive. Shared by the <see cref="Forwarder"/>s of all
/// workers.</summary>
internal sealed class UpstreamGroup
{
    private readonly int _broken, _rejects, _mismatches;
    private int _turn;
    private int _concurrent;

    /// <param name="log">Logs when a server goes down and when it comes back.</param>
    public UpstreamGroup(ForwardOptions options, MetricRegistry registry, ILogger? log = null)
    {
        Log = log ?? NullLogger.Instance;
        ArgumentOutOfRangeException.ThrowIfZero(options.Servers.Length, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            options.Servers.Length, ForwardOptions.ServersMaximum, nameof(options));
        Options = options;
        Servers = [.. options.Servers.Select((endpoint, index) =>
            new UpstreamState(index, endpoint, options, new ForwardMetrics(registry, endpoint.To)))];
        Endpoints = options.Endpoints is { } endpoints ? new EndpointSet(endpoints, options, registry) : null;
        if (options.Servers.Any(server => server.Tls))
        {
            Tls = new TlsContext(options.Tls);
            if (Tls.Problem is { } problem)
            {
                Log.UpstreamDown(options.Servers.First(server => server.Tls).To, problem);
            }
        }
        _broken = registry.Counter(MetricNames.ForwardHealthBroken, MetricNames.ForwardHealthBrokenHelp);
        _rejects = registry.Counter(MetricNames.ForwardRejects, MetricNames.ForwardRejectsHelp);
        _mismatches = registry.Counter(MetricNames.SpoofedReplies, MetricNames.SpoofedRepliesHelp);
    }

    public ForwardOptions Options { get; }

    internal ILogger Log { get; }

    /// <summary>null unless a server is a tls:// one. Without it the process loads no TLS library.</summary>
    internal TlsContext? Tls { get; }

    /// <summary>True when every server is known to be down. A stale answer then need not wait for the
    /// deadline.</summary>
    public bool IsKnownDead
    {
        get
        {
            foreach (var server in Servers)
            {
                if (!server.IsDown)
                {
                    return false;
                }
            }
            return Endpoints is null || Array.TrueForAll(Endpoints.Current, pod => pod.IsDown);
        }
    }

    /// <summary>True when any server has answered since the configuration was loaded.</summary>
    public bool IsProven
    {
        get
        {
            foreach (var server in Servers)
            {
                if (server.IsProven)
                {
                    return true;
                }
            }
            return Endpoints is not null && Array.Exists(Endpoints.Current, pod => pod.IsProven);
        }
    }

    /// <summary>The pending queries of all workers. Only counted with <c>max_concurrent</c>.</summary>
    public int Concurrent => Volatile.Read(ref _concurrent);

    /// <summary>The servers that the directive names.</summary>
    internal ImmutableArray<UpstreamState> Servers { get; }

    /// <summary>The pods behind them; null when the directive has no <c>endpoints</c>.</summary>
    internal EndpointSet? Endpoints { get; }

    /// <summary>How many servers and endpoints there are now.</summary>
    internal int Count => Servers.Length + (Endpoints?.Current.Length ?? 0);

    /// <summary>One more than the largest <see cref="UpstreamState.Index"/>.</summary>
    internal int IndexLimit => Endpoints?.IndexLimit ?? Servers.Length;

    /// <returns>false when <c>max_concurrent</c> is reached. After true, <see cref="Leave"/> has to be
    /// called.</returns>
    internal bool TryEnter(WorkerCounters counters)
    {
        if (Options.MaxConcurrent == 0 || Interlocked.Increment(ref _concurrent) <= Options.MaxConcurrent)
        {
            return true;
        }
        Interlocked.Decrement(ref _concurrent);
        counters.Increment(_rejects);
        return false;
    }

    internal void Leave()
    {
        if (Options.MaxConcurrent != 0)
        {
            Interlocked.Decrement(ref _concurrent);
        }
    }

    internal void CountMismatch(WorkerCounters counters) => counters.Increment(_mismatches);

    internal ServerOrder NextOrder(RandomIds random) => Options.Policy switch
    {
        _ when Servers.Length == 1 => ServerOrder.Sequential,
        SelectionPolicy.Random => ServerOrder.Random(Servers.Length, random.Next64()),
        SelectionPolicy.RoundRobin =>
            ServerOrder.RoundRobin(Servers.Length, (uint)Interlocked.Increment(ref _turn)),
        _ => ServerOrder.Sequential,
    };

    /// <summary>Chooses the next server to ask: healthy before suspect, untried before tried, then in the query's
    /// order. A healthy endpoint comes before all servers, a suspect one after the healthy servers.</summary>
    /// <param name="tried">Bit n is set when this query has already asked server n.</param>
    /// <param name="afterEndpoints">Two endpoints have left the query unanswered: a healthy server comes before the others,
    /// which may have gone with them.</param>
    /// <returns>null when all are down and <c>failfast_all_unhealthy_upstreams</c> is set. Otherwise, when all are
    /// down, a random one, because it may be the probing that fails.</returns>
    internal UpstreamState? Choose(
        ServerOrder order, uint tried, long nowMs, RandomIds random, WorkerCounters counters, bool afterEndpoints = false)
    {
        if (!afterEndpoints && Endpoints?.Choose(tried, nowMs, random) is { } pod)
        {
            return pod;
        }
        UpstreamState? best = null;
        var bestRank = int.MaxValue;
        for (var place = 0; place < Servers.Length; place++)
        {
            var server = Servers[order[place]];
            if (server.IsDown)
            {
                continue;
            }
            var rank = ((tried >> server.Index & 1) != 0 ? 2 : 0) + (server.IsSuspect(nowMs) ? 1 : 0);
            if (rank < bestRank)
            {
                (best, bestRank) = (server, rank);
            }
        }
        foreach (var endpoint in Endpoints?.Current ?? [])
        {
            var rank = ((tried >> endpoint.Index & 1) != 0 ? 2 : 0) + (endpoint.IsSuspect(nowMs) ? 1 : 0);
            if (!endpoint.IsDown && rank < bestRank)
            {
                (best, bestRank) = (endpoint, rank);
            }
        }
        if (best is not null)
        {
            return best;
        }
        counters.Increment(_broken);
        return Options.FailfastAllUnhealthy ? null : Servers[random.Next() % Servers.Length];
    }
}
