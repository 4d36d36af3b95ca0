namespace NodeDns.Injection.Decide;

/// <summary>All that a decision depends on apart from the pod, its namespace and whether the node cache
/// answers.</summary>
public sealed record InjectionSettings(DnsModel Dns, SelectionModel Selection);
