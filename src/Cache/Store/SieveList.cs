namespace NodeDns.Cache.Store;

/// <summary>A list of entries, oldest to newest, and the hand that picks the next to forget.</summary>
/// <remarks>
/// SIEVE (Zhang et al., NSDI 2024): the hand walks from the oldest entry to the newest; an entry that was hit since the
/// hand last passed is spared once, the first that was not is evicted. Unlike LRU a hit moves nothing, so readers write
/// one octet at most; unlike random eviction a flood of names asked once cannot push out what is asked again.
/// Every member needs the store's lock.
/// </remarks>
/// <param name="linkOffset">Where in <see cref="EntryHead"/> this list's two links stand.</param>
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

    /// <summary>Picks the entry to evict; there must be one.</summary>
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

    private Links* LinksOf(uint entry) => (Links*)((byte*)arena.Head(entry) + linkOffset);

    private struct Links
    {
        /// <summary>Neighbours; 0 at the ends.</summary>
        public uint Older;

        public uint Newer;
    }
}
