using System.Collections.Immutable;
using NodeDns.Go;

namespace NodeDns.Corefile;

/// <summary>errors: logs failures.</summary>
public sealed record ErrorsConfig : DirectiveConfig
{
    /// <summary>Logs crashes with their stack trace.</summary>
    public bool Stacktrace { get; init; }

    public ImmutableArray<ErrorConsolidation> Consolidate { get; init; } = [];
}

/// <summary>consolidate: matching messages are counted, and the count is logged once in each period.</summary>
/// <param name="ShowFirst">The first message of a period is also logged at once.</param>
public sealed record ErrorConsolidation(TimeSpan Period, GoPattern Pattern, ErrorLevel Level, bool ShowFirst);

public enum ErrorLevel
{
    Debug,
    Info,
    Warning,
    Error,
}
