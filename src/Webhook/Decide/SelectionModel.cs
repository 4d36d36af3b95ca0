using System.Collections.Frozen;

namespace NodeDns.Webhook.Decide;

/// <summary>Whether silence means no or yes.</summary>
internal enum SelectionMode
{
    OptIn,
    OptOut,
}

internal static class SelectionModes
{
    /// <summary>As flag and chart spell it.</summary>
    public static string Name(this SelectionMode mode) => mode == SelectionMode.OptIn ? "optIn" : "optOut";
}

/// <summary>Which of the pods that the API server sends are injected.</summary>
internal sealed record SelectionModel
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
