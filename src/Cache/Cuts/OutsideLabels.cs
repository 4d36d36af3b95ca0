using NodeDns.Cache.Store;

namespace NodeDns.Cache.Cuts;

/// <summary>The labels of one <see cref="SearchCutState"/>. Read without a lock; of a fixed size, so that nobody can make it
/// grow.</summary>
internal sealed class OutsideLabels
{
    private const int Sets = 128;
    private const int Ways = 4;

    private readonly OutsideLabel?[] _slots = new OutsideLabel?[Sets * Ways];
    private readonly Lock _gate = new();

    public OutsideLabels() => Put(new OutsideLabel("local"u8.ToArray(), isSeen: false), 0);

    /// <returns>null for a label that was not seen.</returns>
    public OutsideLabel? Find(ReadOnlySpan<byte> text)
    {
        foreach (ref var slot in SetOf(text))
        {
            if (Volatile.Read(ref slot) is { } label && label.Text.SequenceEqual(text))
            {
                return label;
            }
        }

        return null;
    }

    /// <summary>A name with this label resolved outside the cluster.</summary>
    /// <returns>true when that was not known.</returns>
    public bool See(ReadOnlySpan<byte> text, long nowMs)
    {
        if (Find(text) is { } known && (known.IsSeen || known.IsOffAt(nowMs)))
        {
            known.SeenAt(nowMs);
            return false;
        }

        lock (_gate)
        {
            return Put(new OutsideLabel(text.ToArray(), isSeen: true), nowMs);
        }
    }

    /// <summary>Switches a label off. What was learnt with it ends.</summary>
    /// <returns>false when it is off already.</returns>
    public bool SwitchOff(OutsideLabel label, long nowMs)
    {
        lock (_gate)
        {
            return !label.HasEnded
                && Put(new OutsideLabel(label.Text.ToArray(), label.IsSeen, nowMs + OutsideLabel.OffMs), nowMs);
        }
    }

    /// <summary>Takes the place of the label with the same text, or of the one seen least recently. One that is off stays:
    /// otherwise it could be made to be forgotten.</summary>
    private bool Put(OutsideLabel label, long nowMs)
    {
        var set = SetOf(label.Text);
        var at = -1;
        for (var i = 0; i < set.Length; i++)
        {
            if (set[i] is not { } other || other.Text.SequenceEqual(label.Text))
            {
                at = i;
                if (set[i] is not null)
                {
                    break;
                }
            }
            else if (!other.IsPermanent && !other.IsOffAt(nowMs)
                && (at < 0 || set[at] is { } victim && other.LastSeenMs < victim.LastSeenMs))
            {
                at = i;
            }
        }

        if (at < 0)
        {
            return false;
        }

        label.SeenAt(nowMs);
        set[at]?.End();
        Volatile.Write(ref set[at], label);
        return true;
    }

    private Span<OutsideLabel?> SetOf(ReadOnlySpan<byte> text) =>
        _slots.AsSpan((int)(KeyedHash.Of(text, 0) % Sets) * Ways, Ways);
}
