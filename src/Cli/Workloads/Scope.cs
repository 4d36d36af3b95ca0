using NodeDns.Cli.Cluster;

namespace NodeDns.Cli.Workloads;

/// <summary>The pods that an answer is about.</summary>
/// <param name="Namespace">null for all namespaces.</param>
/// <param name="Selector">A label selector in kubectl's notation; empty for all.</param>
internal sealed record Scope(string? Namespace, string Selector = "")
{
    /// <summary>The selector as a part of the API's query; empty for all.</summary>
    public string SelectorQuery => Selector.Length > 0 ? "labelSelector=" + Uri.EscapeDataString(Selector) : "";

    /// <summary>The path for listing and watching the pods that have not run to their end.</summary>
    public ApiPath Pods => ApiPath.Pods.In(Namespace).With("fieldSelector=status.phase!%3DSucceeded,status.phase!%3DFailed", SelectorQuery);

    public override string ToString() => Namespace is null ? "the cluster" : $"namespace {Namespace}";
}
