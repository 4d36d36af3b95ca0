using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>A whole Corefile: typed, within its limits, immutable.</summary>
/// <remarks>All names of zones and domains here are lower case with the final dot; the root is ".". Types, classes and
/// rcodes are the numbers used on the wire.</remarks>
public sealed record CorefileConfig
{
    /// <summary>The blocks in the order of the file, followed by those of the kube-dns ConfigMap's stub
    /// domains.</summary>
    public ImmutableArray<ServerBlockConfig> Blocks { get; init; } = [];
}
