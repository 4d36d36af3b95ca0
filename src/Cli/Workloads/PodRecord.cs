using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Workloads;

/// <summary>What is kept of a pod that has been seen.</summary>
/// <param name="Owner">Its immediate owner.</param>
/// <param name="Standing">Where it stands.</param>
/// <param name="Reason">Why it stays off, or will.</param>
/// <param name="Blocking">Policies between it and the cache.</param>
internal readonly record struct PodRecord(WorkloadKey Owner, Standing Standing, SkipReason? Reason, EgressPolicy[] Blocking);
