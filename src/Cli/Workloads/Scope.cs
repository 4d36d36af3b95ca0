namespace NodeDns.Cli.Workloads;

/// <summary>The pods that an answer is about.</summary>
/// <param name="Namespace">null for all namespaces.</param>
/// <param name="Selector">A label selector in kubectl's notation; empty for all.</param>
internal sealed record Scope(string? Namespace, string Selector = "")
{
    /// <summary>The selector as a part of the API's query; empty for all.</summary>
    public string SelectorQuery => Selector.Length > 0 ? "labelSelector=" + Uri.EscapeDataString(Selector) : "";

    public override string ToString() => Namespace is null ? "the cluster" : $"namespace {Namespace}";
}
