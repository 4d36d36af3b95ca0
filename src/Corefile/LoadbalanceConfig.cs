using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Corefile;

/// <summary>loadbalance: the addresses and mail servers of an answer in random order.</summary>
public sealed record LoadbalanceConfig : DirectiveConfig
{
    /// <summary>How often a weight file is looked at when nothing is said.</summary>
    public static readonly TimeSpan ReloadDefault = TimeSpan.FromSeconds(30);

    /// <summary>weighted: one address moves to the front, chosen by the weights of this file. Null: round_robin.</summary>
    public string? WeightFile { get; init; }

    /// <summary>Zero: the weight file is read once.</summary>
    public TimeSpan Reload { get; init; } = ReloadDefault;

    /// <summary>Addresses within these come first, in this order.</summary>
    public ImmutableArray<IPNetwork> Prefer { get; init; } = [];
}
