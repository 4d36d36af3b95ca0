using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Cache.Corefile;

/// <summary>loadbalance round_robin: the addresses of an answer in random order.</summary>
public sealed record LoadbalanceConfig : DirectiveConfig
{
    /// <summary>Addresses within these come first, in this order.</summary>
    public ImmutableArray<IPNetwork> Prefer { get; init; } = [];
}
