using System.Collections.Immutable;

namespace NodeDns.Cache.Corefile;

/// <summary>What came of reading a Corefile: a configuration, or reasons why not. Warnings come with either.</summary>
/// <param name="Config">Null exactly when there are errors.</param>
public sealed record CorefileResult(
    CorefileConfig? Config, ImmutableArray<CorefileProblem> Errors, ImmutableArray<CorefileProblem> Warnings);
