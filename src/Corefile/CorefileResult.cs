using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>What came of reading a Corefile: a configuration, or reasons why not. Warnings come with either.</summary>
/// <param name="Config">Null exactly when there are errors.</param>
public sealed record CorefileResult(
    CorefileConfig? Config, ImmutableArray<CorefileProblem> Errors, ImmutableArray<CorefileProblem> Warnings)
{
    /// <summary>Every file that was read or looked for: the Corefile, its imports, resolv.conf and PEM files. When one of
    /// them changes, loading again may come out differently, also after errors.</summary>
    public ImmutableArray<string> Files { get; init; } = [];

    /// <summary>Patterns of imports: when other files match, likewise.</summary>
    public ImmutableArray<string> Patterns { get; init; } = [];
}
