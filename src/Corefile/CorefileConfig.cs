using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>A whole Corefile as its author meant it: typed, within bounds, immutable. What the other rooms build on.</summary>
/// <remarks>Names of zones and domains everywhere in this room are lower case with the final dot; the root is ".".
/// Types, classes and rcodes are the numbers of the wire.</remarks>
public sealed record CorefileConfig
{
    /// <summary>In file order; stub domains of the kube-dns ConfigMap last.</summary>
    public ImmutableArray<ServerBlockConfig> Blocks { get; init; } = [];
}
