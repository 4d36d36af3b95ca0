using System.Collections.Frozen;

namespace NodeDns.Injection.Decide;

/// <summary>Whether a pod that says nothing is injected.</summary>
public enum SelectionMode
{
    OptIn,
    OptOut,
}

/// <summary>What changes pods: the webhook, or the chart's MutatingAdmissionPolicy.</summary>
public enum Engine
{
    Webhook,
    Policy,
}

public static class SelectionModes
{
    /// <summary>The spelling in flags and the chart.</summary>
    public static string Name(this SelectionMode mode) => mode == SelectionMode.OptIn ? "optIn" : "optOut";
}

/// <summary>Which of the pods that the API server sends are injected.</summary>
public sealed record SelectionModel
{
    public SelectionMode Mode { get; init; }

    public FrozenSet<string> ExcludedNamespaces { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Also understands the label <c>node-local-dns-injection</c>, so that users of ACK and CCE need not
    /// change anything.</summary>
    public bool CompatLabel { get; init; } = true;

    /// <summary>The percentage of workloads that are injected.</summary>
    public int Percent { get; init; } = 100;

    public string? PercentSeedLabel { get; init; }

    /// <summary>Whose draw decides which workloads the percentage takes.</summary>
    public Engine Engine { get; init; }

    public bool InjectHostNetwork { get; init; } = true;

    public FrozenSet<SkipReason> IgnoredRules { get; init; } = FrozenSet<SkipReason>.Empty;
}
