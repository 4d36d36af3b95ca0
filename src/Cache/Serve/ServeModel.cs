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

/// <summary>A configuration, made ready for every room that has a part in serving it. Immutable.</summary>
internal sealed record ServeModel
{
    public required CorefileConfig Config { get; init; }

    public required QueryModel Queries { get; init; }

    /// <summary>By <see cref="ForwardModel.Index"/>; shared by the workers.</summary>
    public required ImmutableArray<UpstreamGroup> Groups { get; init; }

    /// <summary>Numbers, in <see cref="Groups"/>, of those that must have answered before the server is ready; and whether
    /// they must go on to.</summary>
    public required ImmutableArray<(int Group, bool Continuously)> ReadyGroups { get; init; }

    /// <summary>Everything to be listened on, UDP and TCP.</summary>
    public required ImmutableArray<ListenEndPoint> EndPoints { get; init; }

    /// <summary>Whose answers are kept, or asked for together: one a block.</summary>
    public required ImmutableArray<AnswerScope> Scopes { get; init; }

    /// <summary>What the cache of each block counts, for each address and zone.</summary>
    public required ImmutableArray<(CacheMetrics Metrics, AnswerScope Scope)> Caches { get; init; }

    /// <summary>The steps of every block, for what they want done off the workers' threads.</summary>
    public required ImmutableArray<BlockPlugins> Plugins { get; init; }

    /// <summary>Loop detectors, and an address of their block to ask.</summary>
    public required ImmutableArray<(LoopPlugin Loop, IPEndPoint Server)> Loops { get; init; }

    /// <summary>What must hold before the server is ready.</summary>
    public IEnumerable<ReadyCheck> ReadyChecks => ReadyGroups.Select(ready => new ReadyCheck(
        "forward", () => Groups[ready.Group] is { IsProven: true, IsKnownDead: false }, ready.Continuously));

    /// <summary>The first block's that has one.</summary>
    public HealthConfig? Health => Config.Blocks.Select(block => block.Health).FirstOrDefault(health => health is not null);

    public bool IsDebug => Config.Blocks.Any(block => block.Debug is not null);

    /// <summary>Makes the store this model's: call it when the model comes into force, before a worker uses it.</summary>
    public void PutInForce(QueryShared shared)
    {
        shared.Store.Use(Scopes);
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

    /// <summary>The largest UDP reply that any block allows.</summary>
    public int LargestUdpReply => Math.Max(BlockModel.DefaultUdpSize,
        Config.Blocks.Max(block => block.Bufsize?.Bytes ?? BlockModel.DefaultUdpSize));
}
