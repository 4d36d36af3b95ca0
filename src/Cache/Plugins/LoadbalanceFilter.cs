using NodeDns.Cache.Corefile;
using NodeDns.Cache.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>loadbalance round_robin: the addresses of each RRset in random order; with prefer, those of preferred
/// networks first.</summary>
/// <remarks>
/// Works on the octets: address records of one owner and type differ only in TTL and address, so exchanging those
/// reorders the set without touching a name, and no compression pointer is disturbed. MX records are left in order:
/// their mailers choose at random among equal preferences themselves (RFC 5321 section 5.1), and moving names would
/// mean writing the message anew on each hit.
/// </remarks>
public sealed class LoadbalanceFilter : IReplyFilter
{
    // A set with more addresses keeps the order of those beyond.
    private const int MaxAddresses = 64;

    private readonly AddressRange[] _preferred;
    private readonly Random _random;

    public LoadbalanceFilter(LoadbalanceConfig config, Random? random = null)
    {
        _preferred = [.. config.Prefer.Select(network => new AddressRange(network))];
        _random = random ?? Random.Shared;
    }

    public int Apply(Span<byte> message, int length)
    {
        if (DnsHeader.Rcode(message) != Rcode.NoError
            || !QuestionReader.TryRead(message[..length], out QuestionReader question)
            || question.Type is Qtype.AXFR or Qtype.IXFR)
            return length;

        Span<int> ttlOffsets = stackalloc int[MaxAddresses];
        var records = new RecordReader(message[..length], question.End);
        int count = 0, owner = 0;
        Qtype type = default;
        Section section = default;
        while (records.MoveNext())
        {
            if (records.Type is not (Qtype.A or Qtype.AAAA) || records.Class != Qclass.IN)
                continue;
            if (count > 0 && (records.Type != type || records.Section != section
                || !SameName(message[..length], owner, records.OwnerOffset)))
            {
                Reorder(message, ttlOffsets[..count], type);
                count = 0;
            }
            type = records.Type;
            section = records.Section;
            owner = records.OwnerOffset;
            if (count < MaxAddresses)
                ttlOffsets[count++] = records.TtlOffset;
        }
        Reorder(message, ttlOffsets[..count], type);
        return length;
    }

    private void Reorder(Span<byte> message, ReadOnlySpan<int> ttlOffsets, Qtype type)
    {
        int address = type == Qtype.A ? 4 : 16;
        for (int i = 0; i < ttlOffsets.Length - 1; i++)
            Exchange(message, ttlOffsets[i], ttlOffsets[i + _random.Next(ttlOffsets.Length - i)], address);
        int placed = 0;
        foreach (AddressRange network in _preferred)
        {
            for (int i = placed; i < ttlOffsets.Length; i++)
            {
                if (network.Contains(message.Slice(ttlOffsets[i] + 6, address)))
                    Exchange(message, ttlOffsets[i], ttlOffsets[placed++], address);
            }
        }
    }

    /// <summary>TTL (4), RDLENGTH (2, the same in both), address.</summary>
    private static void Exchange(Span<byte> message, int a, int b, int addressLength)
    {
        if (a == b)
            return;
        Span<byte> kept = stackalloc byte[6 + 16];
        Span<byte> first = message.Slice(a, 6 + addressLength);
        Span<byte> second = message.Slice(b, 6 + addressLength);
        first.CopyTo(kept);
        second.CopyTo(first);
        kept[..first.Length].CopyTo(second);
    }

    private static bool SameName(ReadOnlySpan<byte> message, int a, int b)
    {
        // The usual case: both are the same pointer.
        if (message[a] >= 0xC0 && message[a] == message[b] && message[a + 1] == message[b + 1])
            return true;
        Span<byte> nameA = stackalloc byte[DnsName.MaxLength];
        Span<byte> nameB = stackalloc byte[DnsName.MaxLength];
        int lengthA = DnsName.Read(message, a, nameA, out _);
        int lengthB = DnsName.Read(message, b, nameB, out _);
        return DnsName.EqualsIgnoreCase(nameA[..lengthA], nameB[..lengthB]);
    }
}
