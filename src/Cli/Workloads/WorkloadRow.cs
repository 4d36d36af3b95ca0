namespace NodeDns.Cli.Workloads;

/// <summary>A workload, its pods, and what moves them.</summary>
/// <param name="Key">The workload.</param>
/// <param name="Tally">The counts of its pods.</param>
/// <param name="State">The state of its object; null if it was not read.</param>
internal sealed record WorkloadRow(WorkloadKey Key, Tally Tally, WorkloadState? State)
{
    /// <summary>What the user can do to move pods; empty when there are none to move.</summary>
    public string Next => Tally.Pending + Tally.Returning > 0 ? Mover.NextStep(Key, State) : "";
}
