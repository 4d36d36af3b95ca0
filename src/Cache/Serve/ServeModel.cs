using System.Collections.Immutable;
using System.Net;
using NodeDns.Cache.Plugins;
using NodeDns.Cache.Query;
using NodeDns.Cache.Store;
using NodeDns.Cache.Upstream;
using NodeDns.Corefile;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Serve;

/// <summary>A configuration in the form that all rooms use to serve it. Immutable.</summary>
internal sealed record ServeModel
{
    public required CorefileConfig Config { get; init; }

    /// <summary>Tells the answers that its zones have copied to the kernel from those of other models.</summary>
    public required object Copying { get; init; }

    public required QueryModel Queries { get; init; }

    /// <summary>The upstream groups, by <see cref="ForwardModel.Index"/>. Shared by all workers.</summary>
    public required ImmutableArray<UpstreamGroup> Groups { get; init; }

    /// <summary>The indexes, in <see cref="Groups"/>, of the groups that must have answered before the server is ready,
    /// and whether that is checked continuously.</summary>
    public required ImmutableArray<(int Group, bool Continuously)> ReadyGroups { get; init; }

    /// <summary>All addresses to listen on, for UDP and TCP.</summary>
    public required ImmutableArray<ListenEndPoint> EndPoints { get; init; }

    /// <summary>The scopes of answers, one for each block.</summary>
    public required ImmutableArray<AnswerScope> Scopes { get; init; }

    /// <summary>The counters of each block's cache, for each address and zone.</summary>
    public required ImmutableArray<(CacheMetrics Metrics, AnswerScope Scope)> Caches { get; init; }

    /// <summary>The steps of all blocks, for their periodic work.</summary>
    public required ImmutableArray<BlockPlugins> Plugins { get; init; }

    /// <summary>The loop detectors, each with an address of its block to send the probe to.</summary>
    public required ImmutableArray<(LoopPlugin Loop, IPEndPoint Server)> Loops { get; init; }

    /// <summary>The search_cut directives of all blocks.</summary>
    public required ImmutableArray<SearchCutModel> SearchCuts { get; init; }

    /// <summary>The conditions for the server to be ready.</summary>
    public IEnumerable<ReadyCheck> ReadyChecks => ReadyGroups.Select(ready => new ReadyCheck(
        "forward", () => Groups[ready.Group] is { IsProven: true, IsKnownDead: false }, ready.Continuously));

    /// <summary>The first health directive; null when no block has one.</summary>
    public HealthConfig? Health => Config.Blocks.Select(block => block.Health).FirstOrDefault(health => health is not null);

    public bool IsDebug => Config.Blocks.Any(block => block.Debug is not null);

    /// <summary>Registers this model's scopes in the store. Call this when the model comes into force, before a worker
    /// uses it.</summary>
    public void PutInForce(QueryShared shared)
    {
        shared.Store.Use(Scopes);
        shared.Store.CopyOnlyFor(Copying);
        var learnt = shared.SearchCuts.Use(SearchCuts.Select(cut => cut.Identity));
        foreach (var cut in SearchCuts)
        {
            cut.State = learnt[cut.Identity];
        }

        foreach (var (metrics, scope) in Caches)
        {
            metrics.Store(
                isDenial => shared.Store.Count(scope.Number, KindOf(isDenial)),
                isDenial => shared.Store.EvictionsOf(scope.Number, KindOf(isDenial)));
        }
        if (Config.Blocks.Any(block => block.Prometheus is { RuntimeMetrics: true }))
        {
            RuntimeMetrics.Register(shared.Registry);
        }

        static AnswerKind KindOf(bool isDenial) => isDenial ? AnswerKind.Denial : AnswerKind.Success;
    }

    /// <summary>The largest UDP reply that any block allows, in octets.</summary>
    public int LargestUdpReply => Math.Max(BlockModel.DefaultUdpSize,
        Config.Blocks.Max(block => block.Bufsize?.Bytes ?? BlockModel.DefaultUdpSize));
}
