namespace NodeDns.Cache.Store;

/// <summary>The entries of one kind and one scope, which a "success" or "denial" capacity of the cache directive
/// limits.</summary>
internal sealed class Partition(CellArena arena)
{
    public SieveList Entries { get; } = new(arena, EntryHead.PartitionLinksOffset);

    /// <summary>The most entries; 0 for no limit but the budget.</summary>
    public int Capacity { get; set; }

    /// <summary>How many entries have been evicted since the start.</summary>
    public long Evictions { get; set; }

    public bool IsFull => Capacity > 0 && Entries.Count >= Capacity;
}
