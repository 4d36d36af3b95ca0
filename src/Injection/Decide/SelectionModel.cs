using System.Collections.Frozen;

namespace NodeDns.Injection.Decide;

/// <summary>Whether silence means no or yes.</summary>
public enum SelectionMode
{
    OptIn,
    OptOut,
}

public static class SelectionModes
{
    /// <summary>As flag and chart spell it.</summary>
    public static string Name(this SelectionMode mode) => mode == SelectionMode.OptIn ? "optIn" : "optOut";
}

/// <summary>Which of the pods that the API server sends are injected.</summary>
public sealed record SelectionModel
{
    public SelectionMode Mode { get; init; }

    public FrozenSet<string> ExcludedNamespaces { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Also understand <c>node-local-dns-injection</c>, so that users of ACK and CCE change nothing.</summary>
    public bool CompatLabel { get; init; } = true;

    /// <summary>Share of workloads that are injected, 0 to 100.</summary>
    public int Percent { get; init; } = 100;

    public string? PercentSeedLabel { get; init; }

    public bool InjectHostNetwork { get; init; } = true;

    public FrozenSet<SkipReason> IgnoredRules { get; init; } = FrozenSet<SkipReason>.Empty;
}
