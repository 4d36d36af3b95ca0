namespace NodeDns.Cache.Upstream;

/// <summary>The unanswered queries of one connection, by id. The ids are stored in one array, so that a search is
/// vectorized.</summary>
internal sealed class PipelineTable
{
    private ushort[] _ids = new ushort[8];
    private Entry[] _entries = new Entry[8];

    /// <summary>The exchange that waits. null when it was answered elsewhere; the id is still in use until the server
    /// has answered it on this connection.</summary>
    public struct Entry
    {
        public Exchange? Exchange;
        public int Attempt;
    }

    public int Count { get; private set; }

    /// <summary>How many of the <see cref="Count"/> queries are still waited for.</summary>
    public int Live { get; private set; }

    public (ushort Id, Entry Entry) this[int index] => (_ids[index], _entries[index]);

    public bool Contains(ushort id) => IndexOf(id) >= 0;

    public int IndexOf(ushort id) => _ids.AsSpan(0, Count).IndexOf(id);

    public void Add(ushort id, Exchange exchange, int attempt)
    {
        if (Count == _ids.Length)
        {
            Array.Resize(ref _ids, Count * 2);
            Array.Resize(ref _entries, Count * 2);
        }
        _ids[Count] = id;
        _entries[Count++] = new Entry { Exchange = exchange, Attempt = attempt };
        Live++;
    }

    /// <summary>Removes an entry. The last entry moves to its place.</summary>
    public void RemoveAt(int index)
    {
        if (_entries[index].Exchange is not null)
        {
            Live--;
        }
        Count--;
        _ids[index] = _ids[Count];
        _entries[index] = _entries[Count];
        _entries[Count] = default;
    }

    public void Orphan(ushort id)
    {
        var index = IndexOf(id);
        if (index >= 0 && _entries[index].Exchange is not null)
        {
            _entries[index].Exchange = null;
            Live--;
        }
    }
}
