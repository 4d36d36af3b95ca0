namespace NodeDns.Cli.Workloads;

/// <summary>Of which pods an answer is.</summary>
/// <param name="Namespace">null for all.</param>
/// <param name="Selector">A label selector as kubectl writes it; empty for all.</param>
internal sealed record Scope(string? Namespace, string Selector = "")
{
    /// <summary>As the API's query has it; empty for all.</summary>
    public string SelectorQuery => Selector.Length > 0 ? "labelSelector=" + Uri.EscapeDataString(Selector) : "";

    public override string ToString() => Namespace is null ? "the cluster" : $"namespace {Namespace}";
}
