using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Corefile;

/// <summary>loadbalance: changes the order of the address and MX records in an answer.</summary>
public sealed record LoadbalanceConfig : DirectiveConfig
{
    /// <summary>How often a weight file is checked if the directive does not say.</summary>
    public static readonly TimeSpan ReloadDefault = TimeSpan.FromSeconds(30);

    /// <summary>weighted: moves one address to the front, chosen by the weights in this file; null for
    /// round_robin.</summary>
    public string? WeightFile { get; init; }

    /// <summary>How often the weight file is checked for changes; zero for never.</summary>
    public TimeSpan Reload { get; init; } = ReloadDefault;

    /// <summary>Addresses in these networks come first, in this order.</summary>
    public ImmutableArray<IPNetwork> Prefer { get; init; } = [];
}
