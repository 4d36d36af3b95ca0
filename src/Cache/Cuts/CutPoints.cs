using NodeDns.Cache.Store;

namespace NodeDns.Cache.Cuts;

/// <summary>The points of one <see cref="SearchCutState"/>. Read without a lock; of a fixed size, so that nobody can make it
/// grow.</summary>
internal sealed class CutPoints
{
    private const int Sets = 512;
    private const int Ways = 4;

    private readonly CutPoint?[] _slots = new CutPoint?[Sets * Ways];
    private readonly Lock _gate = new();

    /// <param name="name">Lower-case.</param>
    /// <returns>null when nothing is known about this name.</returns>
    public CutPoint? Find(ReadOnlySpan<byte> name)
    {
        foreach (ref var slot in SetOf(name))
        {
            if (Volatile.Read(ref slot) is { } point && point.Name.SequenceEqual(name))
            {
                return point;
            }
        }

        return null;
    }

    /// <summary>The point of this name, a new one if there is none that belongs to the label.</summary>
    public CutPoint FindOrAdd(ReadOnlySpan<byte> name, OutsideLabel label, long nowMs)
    {
        if (Find(name) is { } known && known.Label == label)
        {
            return known;
        }

        lock (_gate)
        {
            var set = SetOf(name);
            var at = 0;
            for (var i = 0; i < set.Length; i++)
            {
                if (set[i] is not { } other)
                {
                    at = i;
                }
                else if (other.Name.SequenceEqual(name))
                {
                    if (other.Label == label)
                    {
                        return other;
                    }

                    at = i;
                    break;
                }
                else if (set[at] is { } victim && other.LastUsedMs < victim.LastUsedMs)
                {
                    at = i;
                }
            }

            var point = new CutPoint(name.ToArray(), label) { LastUsedMs = nowMs };
            Volatile.Write(ref set[at], point);
            return point;
        }
    }

    private Span<CutPoint?> SetOf(ReadOnlySpan<byte> name) =>
        _slots.AsSpan((int)(KeyedHash.Of(name, 0) % Sets) * Ways, Ways);
}
