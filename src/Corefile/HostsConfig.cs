using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Corefile;

/// <summary>hosts: answers from a hosts file and from entries in the block itself.</summary>
public sealed record HostsConfig : DirectiveConfig
{
    public const string PathDefault = "/etc/hosts";
    public const int TtlSecondsDefault = 3600;
    public const int TtlSecondsMaximum = 65535;
    public static readonly TimeSpan ReloadDefault = TimeSpan.FromSeconds(5);

    public string Path { get; init; } = PathDefault;

    /// <summary>Only names in these zones are read and answered. Never empty.</summary>
    public ImmutableArray<string> Zones { get; init; } = [];

    /// <summary>The entries in the block. Those of the file come first.</summary>
    public ImmutableArray<HostEntry> Inline { get; init; } = [];

    public int TtlSeconds { get; init; } = TtlSecondsDefault;

    /// <summary>How often the file is checked for changes; zero for never.</summary>
    public TimeSpan Reload { get; init; } = ReloadDefault;

    /// <summary>False with no_reverse: no PTR records.</summary>
    public bool Reverse { get; init; } = true;

    /// <summary>Zones in which unknown names are passed to the next step; empty for none.</summary>
    public ImmutableArray<string> Fallthrough { get; init; } = [];

    /// <summary>Queries for a known name with a type other than A, AAAA and PTR are passed to the next step
    /// too.</summary>
    public bool FallthroughUnsupported { get; init; }
}

/// <summary>One line of a hosts file: an address and its names, the canonical one first.</summary>
public sealed record HostEntry(IPAddress Address, ImmutableArray<string> Names);
