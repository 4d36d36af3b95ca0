using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>The result of loading a Corefile: a configuration or errors, and warnings in both cases.</summary>
/// <param name="Config">null exactly when there are errors.</param>
public sealed record CorefileResult(
    CorefileConfig? Config, ImmutableArray<CorefileProblem> Errors, ImmutableArray<CorefileProblem> Warnings)
{
    /// <summary>The entries of the kube-dns ConfigMap that cannot be used with this Corefile, and are left out.</summary>
    public ImmutableArray<CorefileProblem> EntriesLeftOut { get; init; } = [];

    /// <summary>Every file that was read or looked for: the Corefile, its imports, resolv.conf and PEM files. When one
    /// of them changes, loading again may give another result, even after errors.</summary>
    public ImmutableArray<string> Files { get; init; } = [];

    /// <summary>The patterns of imports. When another file matches one of them, loading again may give another
    /// result.</summary>
    public ImmutableArray<string> Patterns { get; init; } = [];
}
