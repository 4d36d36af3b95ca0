using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Corefile;

/// <summary>hosts: answers from a hosts file and from the block itself.</summary>
public sealed record HostsConfig : DirectiveConfig
{
    public const string PathDefault = "/etc/hosts";
    public const int TtlSecondsDefault = 3600;
    public const int TtlSecondsMaximum = 65535;
    public static readonly TimeSpan ReloadDefault = TimeSpan.FromSeconds(5);

    public string Path { get; init; } = PathDefault;

    /// <summary>Names outside are neither read nor answered. Never empty.</summary>
    public ImmutableArray<string> Zones { get; init; } = [];

    /// <summary>Entries written in the block; those of the file come before them.</summary>
    public ImmutableArray<HostEntry> Inline { get; init; } = [];

    public int TtlSeconds { get; init; } = TtlSecondsDefault;

    /// <summary>How often the file is looked at. Zero: once.</summary>
    public TimeSpan Reload { get; init; } = ReloadDefault;

    /// <summary>False after no_reverse: no PTR records.</summary>
    public bool Reverse { get; init; } = true;

    /// <summary>Zones whose unknown names go on to the next step; empty: none.</summary>
    public ImmutableArray<string> Fallthrough { get; init; } = [];

    /// <summary>A known name asked for a type other than A, AAAA, PTR also goes on.</summary>
    public bool FallthroughUnsupported { get; init; }
}

/// <summary>One line of a hosts file: an address and its names, canonical first.</summary>
public sealed record HostEntry(IPAddress Address, ImmutableArray<string> Names);
