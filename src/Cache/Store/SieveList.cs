namespace NodeDns.Cache.Store;

/// <summary>A list of entries from oldest to newest, with a hand that points to the next candidate for
/// eviction.</summary>
/// <remarks>
/// This is SIEVE (Zhang et al., NSDI 2024). The hand moves from the oldest entry to the newest. It spares, once, an entry
/// that was hit since it last passed, and evicts the first one that was not. Unlike with LRU, a hit moves no entry, so
/// readers write at most one octet. Unlike with random eviction, many names that are asked once cannot push out names that
/// are asked again. All members need the store's lock.
/// </remarks>
/// <param name="linkOffset">Offset in <see cref="EntryHead"/> of the two links of this list.</param>
internal sealed unsafe class SieveList(CellArena arena, int linkOffset)
{
    private uint _newest;
    private uint _hand;

    public int Count { get; private set; }

    public uint Oldest { get; private set; }

    public uint NewerThan(uint entry) => LinksOf(entry)->Newer;

    public void Add(uint entry)
    {
        *LinksOf(entry) = new Links { Older = _newest };
        if (_newest != 0)
        {
            LinksOf(_newest)->Newer = entry;
        }
        else
        {
            Oldest = entry;
        }

        _newest = entry;
        Count++;
    }

    public void Remove(uint entry)
    {
        var links = *LinksOf(entry);
        if (_hand == entry)
        {
            _hand = links.Newer;
        }

        if (links.Newer != 0)
        {
            LinksOf(links.Newer)->Older = links.Older;
        }
        else
        {
            _newest = links.Older;
        }

        if (links.Older != 0)
        {
            LinksOf(links.Older)->Newer = links.Newer;
        }
        else
        {
            Oldest = links.Newer;
        }

        Count--;
    }

    /// <summary>Picks the entry to evict. The list must not be empty.</summary>
    public uint PickVictim()
    {
        var entry = _hand != 0 ? _hand : Oldest;
        while (true)
        {
            var head = arena.Head(entry);
            var newer = LinksOf(entry)->Newer;
            if (head->Visited == 0)
            {
                _hand = newer;
                return entry;
            }
            head->Visited = 0;
            entry = newer != 0 ? newer : Oldest;
        }
    }

    // SAFETY: the entry is in the list, so it is the head of an entry; both links are inside the head.
    private Links* LinksOf(uint entry) => (Links*)((byte*)arena.Head(entry) + linkOffset);

    private struct Links
    {
        /// <summary>The neighbours in the list; 0 at its ends.</summary>
        public uint Older;

        public uint Newer;
    }
}
