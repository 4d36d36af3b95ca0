namespace NodeDns.Cli.Tracing;

/// <summary>Puts the lookups of several nodes into the order of time. Each is held for a moment, in which an earlier one of
/// another node may come.</summary>
internal sealed class LookupOrder
{
    private static readonly TimeSpan s_hold = TimeSpan.FromMilliseconds(300);

    private readonly PriorityQueue<(Lookup Lookup, DateTimeOffset Came), DateTimeOffset> _held = new();

    public void Add(Lookup lookup, DateTimeOffset now) => _held.Enqueue((lookup, now), lookup.Time);

    /// <summary>The lookups that have been held long enough, the earliest first.</summary>
    public IEnumerable<Lookup> Due(DateTimeOffset now)
    {
        while (_held.TryPeek(out var first, out _) && now - first.Came >= s_hold)
        {
            yield return _held.Dequeue().Lookup;
        }
    }

    public IEnumerable<Lookup> Rest()
    {
        while (_held.TryDequeue(out var one, out _))
        {
            yield return one.Lookup;
        }
    }
}
