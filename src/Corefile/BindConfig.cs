using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Corefile;

/// <summary>bind: the addresses to listen on. Several bind lines of a block are combined. Exceptions are removed at run
/// time, when the addresses of interfaces are known.</summary>
public sealed record BindConfig : DirectiveConfig
{
    public ImmutableArray<BindGroup> Groups { get; init; } = [];

    /// <summary>The literal addresses without the excepted ones. Addresses of interfaces are not included.</summary>
    public ImmutableArray<IPAddress> Addresses =>
        [.. Groups.SelectMany(g => g.Targets.Except(g.Except)).Where(t => t.Address is not null)
            .Select(t => t.Address!).Distinct()];

    /// <summary>True when a target or an exception is the name of an interface.</summary>
    public bool HasInterfaces => Groups.Any(g => g.Targets.Concat(g.Except).Any(t => t.Interface is not null));
}

/// <summary>One bind line.</summary>
public sealed record BindGroup(ImmutableArray<BindTarget> Targets, ImmutableArray<BindTarget> Except);

/// <summary>Either an address or the name of an interface. Exactly one is not null.</summary>
public readonly record struct BindTarget(IPAddress? Address, string? Interface)
{
    public override string ToString() => Address?.ToString() ?? Interface ?? "";
}
