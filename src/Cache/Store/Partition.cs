namespace NodeDns.Cache.Store;

/// <summary>The entries of one kind and scope: what a "success" or "denial" cap of a cache directive limits.</summary>
internal sealed class Partition(CellArena arena)
{
    public SieveList Entries { get; } = new(arena, EntryHead.PartitionLinksOffset);

    /// <summary>Entries at most; 0 is as many as the budget holds.</summary>
    public int Capacity { get; set; }

    /// <summary>Entries forgotten to make room, since the start.</summary>
    public long Evictions { get; set; }

    public bool IsFull => Capacity > 0 && Entries.Count >= Capacity;
}
