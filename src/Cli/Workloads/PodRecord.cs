using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Workloads;

/// <summary>What is remembered about a pod.</summary>
/// <param name="Owner">The immediate owner of the pod.</param>
/// <param name="Standing">The pod's state.</param>
/// <param name="Reason">Why it does not use the cache, or will not.</param>
/// <param name="Blocking">The policies that keep it from the cache.</param>
internal readonly record struct PodRecord(WorkloadKey Owner, Standing Standing, SkipReason? Reason, EgressPolicy[] Blocking);
