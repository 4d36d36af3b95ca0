using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Corefile;

/// <summary>bind: the addresses to listen on. Several lines of a block have been joined, exceptions not yet taken out:
/// interfaces have addresses only at run time.</summary>
public sealed record BindConfig : DirectiveConfig
{
    public ImmutableArray<BindGroup> Groups { get; init; } = [];

    /// <summary>The addresses written as addresses, without the excepted ones; interfaces are not in here.</summary>
    public ImmutableArray<IPAddress> Addresses =>
        [.. Groups.SelectMany(g => g.Targets.Except(g.Except)).Where(t => t.Address is not null)
            .Select(t => t.Address!).Distinct()];

    /// <summary>True when some target is the name of an interface.</summary>
    public bool HasInterfaces => Groups.Any(g => g.Targets.Concat(g.Except).Any(t => t.Interface is not null));
}

/// <summary>One bind line.</summary>
public sealed record BindGroup(ImmutableArray<BindTarget> Targets, ImmutableArray<BindTarget> Except);

/// <summary>An address, or the name of an interface whose addresses are meant: exactly one is not null.</summary>
public readonly record struct BindTarget(IPAddress? Address, string? Interface)
{
    public override string ToString() => Address?.ToString() ?? Interface ?? "";
}
