using System.Collections.Immutable;
using System.Net;
using NodeDns.Cache.Plugins;
using NodeDns.Cache.Query;
using NodeDns.Cache.Upstream;
using NodeDns.Corefile;
using NodeDns.Linux.Sockets;

namespace NodeDns.Cache.Serve;

/// <summary>A configuration, made ready for every room that has a part in serving it. Immutable.</summary>
public sealed record ServeModel
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

    /// <summary>Name and number of the scopes in use: what of a store or a snapshot is still wanted.</summary>
    public required IReadOnlyDictionary<string, ushort> Scopes { get; init; }

    /// <summary>The steps of every block, for what they want done off the workers' threads.</summary>
    public required ImmutableArray<BlockPlugins> Plugins { get; init; }

    /// <summary>Loop detectors, and an address of their block to ask.</summary>
    public required ImmutableArray<(LoopPlugin Loop, IPEndPoint Server)> Loops { get; init; }

    /// <summary>The largest UDP reply that any block allows.</summary>
    public int LargestUdpReply => Math.Max(BlockModel.DefaultUdpSize,
        Config.Blocks.Max(block => block.Bufsize?.Bytes ?? BlockModel.DefaultUdpSize));
}
