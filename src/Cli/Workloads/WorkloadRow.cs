namespace NodeDns.Cli.Workloads;

/// <summary>A workload, its pods, and what moves them.</summary>
/// <param name="Key">Which.</param>
/// <param name="Tally">Its pods.</param>
/// <param name="State">What its object says; null where that was not read.</param>
internal sealed record WorkloadRow(WorkloadKey Key, Tally Tally, WorkloadState? State)
{
    /// <summary>Of the pods that are not where they would be if they were created anew; empty when there are none.</summary>
    public string Next => Tally.Pending + Tally.Returning > 0 ? Mover.NextStep(Key, State) : "";
}
