namespace NodeDns.Corefile;

/// <summary>search_cut: denies, from memory, the names that search lists make of names outside the cluster.</summary>
public sealed record SearchCutConfig : DirectiveConfig
{
    /// <summary>The cluster domain.</summary>
    public required string Domain { get; init; }

    /// <summary>Why it has no effect; null when it has.</summary>
    public string? WhyOff { get; init; }
}
