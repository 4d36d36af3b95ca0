using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>Reorders the records of a message. Each thread has one and reuses it.</summary>
internal sealed class RecordOrder
{
    private byte[] _original = new byte[512];
    private byte[] _rewritten = [];
    private byte[] _rdata = [];
    private Slot[] _slots = new Slot[16];
    private int[] _order = new int[16];
    private int[] _kept = new int[16];
    private int _count;
    private int _questionEnd;

    private readonly record struct Slot(
        Section Section, Qtype Type, Qclass Class, int Owner, int TtlOffset, uint Ttl, int RdataLength)
    {
        public int Rdata => TtlOffset + 6;

        public bool IsAddress => Type is Qtype.A or Qtype.AAAA && RdataLength == (Type == Qtype.A ? 4 : 16);

        public int Kind => Type == Qtype.CNAME ? 0 : IsAddress ? 2 : Type == Qtype.MX ? 3 : 1;
    }

    /// <summary>The indexes in a section at which the records of each kind begin.</summary>
    public readonly record struct Kinds(int Others, int Addresses, int Mx);

    /// <summary>Reads the records of a message in their current order.</summary>
    /// <returns>false when there is nothing to order: fewer than two records, or a malformed message.</returns>
    public bool Read(ReadOnlySpan<byte> message, int questionEnd)
    {
        _count = 0;
        _questionEnd = questionEnd;
        var records = new RecordReader(message, questionEnd);
        while (records.MoveNext())
        {
            if (_count == _slots.Length)
            {
                Array.Resize(ref _slots, 2 * _count);
                Array.Resize(ref _order, 2 * _count);
                Array.Resize(ref _kept, 2 * _count);
            }
            _order[_count] = _count;
            _slots[_count++] = new Slot(
                records.Section, records.Type, records.Class, records.OwnerOffset, records.TtlOffset, records.Ttl,
                records.RdataLength);
        }
        return _count > 1 && !records.IsMalformed;
    }

    /// <summary>The records of one section. The caller may reorder them.</summary>
    public Span<int> Of(Section section)
    {
        var start = 0;
        while (start < _count && _slots[start].Section < section)
        {
            start++;
        }

        var end = start;
        while (end < _count && _slots[end].Section == section)
        {
            end++;
        }

        return _order.AsSpan(start, end - start);
    }

    /// <summary>Sorts a section's records by kind: CNAME, others, addresses, MX. Within a kind the order
    /// stays.</summary>
    public Kinds Group(Span<int> section)
    {
        var kept = _kept.AsSpan(0, section.Length);
        section.CopyTo(kept);
        Span<int> starts = stackalloc int[4];
        var at = 0;
        for (var kind = 0; kind < starts.Length; kind++)
        {
            starts[kind] = at;
            foreach (var record in kept)
            {
                if (_slots[record].Kind == kind)
                {
                    section[at++] = record;
                }
            }
        }
        return new Kinds(starts[1], starts[2], starts[3]);
    }

    public bool HasAddress(ReadOnlySpan<int> section)
    {
        foreach (var record in section)
        {
            if (_slots[record].IsAddress)
            {
                return true;
            }
        }
        return false;
    }

    public ReadOnlySpan<byte> Address(ReadOnlySpan<byte> message, int record) =>
        message.Slice(_slots[record].Rdata, _slots[record].RdataLength);

    public int OwnerOffset(int record) => _slots[record].Owner;

    /// <summary>Writes the message in the new order.</summary>
    /// <returns>The new length. If the message would grow, it is left unchanged.</returns>
    public int Write(Span<byte> message, int length)
    {
        bool inPlace = true, same = true;
        for (var i = 0; i < _count; i++)
        {
            same &= _order[i] == i;
            inPlace &= _order[i] == i || IsExchangeable(message, _slots[i], _slots[_order[i]]);
        }
        if (same)
        {
            return length;
        }

        if (_original.Length < length)
        {
            _original = GC.AllocateUninitializedArray<byte>(Math.Max(length, 2 * _original.Length));
        }

        message[..length].CopyTo(_original);
        if (!inPlace)
        {
            return Rewrite(message, length);
        }
        // Address records with the same owner and type differ only in TTL and address, so no name moves.
        for (var i = 0; i < _count; i++)
        {
            var from = _slots[_order[i]];
            _original.AsSpan(from.TtlOffset, 6 + from.RdataLength).CopyTo(message[_slots[i].TtlOffset..]);
        }
        return length;
    }

    private int Rewrite(Span<byte> message, int length)
    {
        ReadOnlySpan<byte> original = _original.AsSpan(0, length);
        var rdataRoom = length + 2 * DnsName.MaxLength;
        // The builder needs room for an uncompressed record.
        var room = length + DnsName.MaxLength + 10 + rdataRoom;
        if (_rewritten.Length < room)
        {
            _rewritten = GC.AllocateUninitializedArray<byte>(Math.Max(room, 2 * _rewritten.Length));
        }

        if (_rdata.Length < rdataRoom)
        {
            _rdata = GC.AllocateUninitializedArray<byte>(Math.Max(rdataRoom, 2 * _rdata.Length));
        }

        Span<byte> owner = stackalloc byte[DnsName.MaxLength];
        var builder = new MessageBuilder(_rewritten, original, original[DnsHeader.Length.._questionEnd]);
        foreach (var record in _order.AsSpan(0, _count))
        {
            var slot = _slots[record];
            var ownerLength = DnsName.Read(original, slot.Owner, owner, out _);
            var rdata = Rdata.Expand(original, slot.Type, slot.Rdata, slot.RdataLength, _rdata);
            if (rdata < 0)
            {
                return length;
            }

            builder.Add(slot.Section, owner[..ownerLength], slot.Type, slot.Class, slot.Ttl, _rdata.AsSpan(0, rdata));
        }
        if (builder.Overflowed || builder.Length > length)
        {
            return length;
        }

        _rewritten.AsSpan(0, builder.Length).CopyTo(message);
        return builder.Length;
    }

    private static bool IsExchangeable(ReadOnlySpan<byte> message, in Slot a, in Slot b) =>
        a.IsAddress && a.Type == b.Type && a.Class == b.Class && b.IsAddress && SameName(message, a.Owner, b.Owner);

    private static bool SameName(ReadOnlySpan<byte> message, int a, int b)
    {
        // The usual case: both names are the same compression pointer.
        if (message[a] >= 0xC0 && message[a] == message[b] && message[a + 1] == message[b + 1])
        {
            return true;
        }

        Span<byte> nameA = stackalloc byte[DnsName.MaxLength];
        Span<byte> nameB = stackalloc byte[DnsName.MaxLength];
        var lengthA = DnsName.Read(message, a, nameA, out _);
        var lengthB = DnsName.Read(message, b, nameB, out _);
        return nameA[..lengthA].SequenceEqual(nameB[..lengthB]);
    }
}
