using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Cache.Corefile;

/// <summary>loadbalance: the order of A, AAAA and MX records in an answer.</summary>
public sealed record LoadbalanceConfig : DirectiveConfig
{
    public static readonly TimeSpan WeightReloadDefault = TimeSpan.FromSeconds(30);

    public LoadbalancePolicy Policy { get; init; } = LoadbalancePolicy.RoundRobin;

    /// <summary>The file of weights; not null with <see cref="LoadbalancePolicy.Weighted"/>.</summary>
    public string? WeightFile { get; init; }

    public TimeSpan WeightReload { get; init; } = WeightReloadDefault;

    /// <summary>Addresses within these come first, in this order.</summary>
    public ImmutableArray<IPNetwork> Prefer { get; init; } = [];
}

public enum LoadbalancePolicy
{
    /// <summary>Shuffled, as CoreDNS does under this name.</summary>
    RoundRobin,
    Weighted,
}
