namespace NodeDns.Injection.Decide;

/// <summary>Everything that a decision depends on, except the pod, its namespace and the state of the node
/// cache.</summary>
public sealed record InjectionSettings(DnsModel Dns, SelectionModel Selection);
