using System.Collections.Immutable;
using NodeDns.Go;

namespace NodeDns.Corefile;

/// <summary>errors: failures go to the log.</summary>
public sealed record ErrorsConfig : DirectiveConfig
{
    /// <summary>A crash is logged with its stack.</summary>
    public bool Stacktrace { get; init; }

    public ImmutableArray<ErrorConsolidation> Consolidate { get; init; } = [];
}

/// <summary>consolidate: messages that match are counted and logged once a period.</summary>
/// <param name="ShowFirst">The first of a period is logged at once.</param>
public sealed record ErrorConsolidation(TimeSpan Period, GoPattern Pattern, ErrorLevel Level, bool ShowFirst);

public enum ErrorLevel
{
    Debug,
    Info,
    Warning,
    Error,
}
