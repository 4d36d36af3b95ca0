namespace NodeDns.Dns.Wire;

/// <summary>The offsets in one message at which names, and the ends of names, were found. Only these may be the target
/// of a compression pointer: "a prior occurrence of the same name" (RFC 1035 section 4.1.4).</summary>
/// <remarks>One bit for each of the 16,384 offsets that a pointer can reach, cleared only as far as the message needs.
/// Without this, a pointer into a TTL field would give another name once the TTL is rewritten.</remarks>
public sealed class NamePlaces
{
    private const int Reach = 0x4000;

    private readonly ulong[] _bits = new ulong[Reach / 64];

    /// <summary>The message has a compression pointer, or data of an unknown type, which may hold one.</summary>
    public bool MayHavePointers { get; private set; }

    /// <summary>Forgets the previous message.</summary>
    /// <param name="length">The length of the next message in octets.</param>
    public void Begin(int length)
    {
        _bits.AsSpan(0, Math.Min(length, Reach - 1) / 64 + 1).Clear();
        MayHavePointers = false;
    }

    /// <summary>Whether a compression pointer may lead to this offset.</summary>
    public bool IsTarget(int offset)
    {
        MayHavePointers = true;
        return offset < Reach && (_bits[offset / 64] >> offset % 64 & 1) != 0;
    }

    public void Add(int offset)
    {
        if (offset < Reach)
        {
            _bits[offset / 64] |= 1ul << offset % 64;
        }
    }

    /// <summary>Adds all offsets in the data of an unknown type, which may have names anywhere.</summary>
    public void AddAll(int from, int end)
    {
        MayHavePointers = true;
        for (var offset = from; offset < Math.Min(end, Reach); offset++)
        {
            Add(offset);
        }
    }
}
