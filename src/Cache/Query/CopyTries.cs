using NodeDns.Cache.Store;

namespace NodeDns.Cache.Query;

/// <summary>Has hot answers copied to the kernel. There is one for each worker.</summary>
/// <remarks>A copy is made under the store's lock, so a worker tries each answer once a second at most: one that does not
/// fit, or whose place is taken, is asked for as often as ever.</remarks>
internal sealed class CopyTries(AnswerStore store)
{
    private const int Places = 1024;

    /// <summary>The second of the last try, by the entry's number.</summary>
    private readonly ushort[] _seconds = new ushort[Places];

    /// <param name="hits">How often the answer was asked for without a gap.</param>
    public void Note(ZoneCopies zone, in AnswerKey key, in StoredAnswer stored, int hits, long nowMs)
    {
        // Never 0, which stands for no try.
        var second = (ushort)(nowMs / 1000 | 1);
        ref var last = ref _seconds[stored.Entry % Places];
        if (hits >= ZoneCopies.Hits && last != second)
        {
            last = second;
            store.Copy(key, zone, zone.Configuration, nowMs);
        }
    }
}
