namespace NodeDns.Dns.Wire;

/// <summary>Where in one message names and their tails have been met: all that a compression pointer may point to, "a prior
/// occurrence of the same name" (RFC 1035 section 4.1.4).</summary>
/// <remarks>A bit for each of the 16,384 offsets that a pointer reaches; cleared as far as a message needs. A pointer into a
/// TTL would make another name of itself when the TTL is rewritten.</remarks>
public sealed class NamePlaces
{
    private const int Reach = 0x4000;

    private readonly ulong[] _bits = new ulong[Reach / 64];

    /// <summary>Forgets the message before.</summary>
    /// <param name="length">Octets of the next one.</param>
    public void Begin(int length) => _bits.AsSpan(0, Math.Min(length, Reach - 1) / 64 + 1).Clear();

    public bool Contains(int offset) => offset < Reach && (_bits[offset / 64] >> offset % 64 & 1) != 0;

    public void Add(int offset)
    {
        if (offset < Reach)
        {
            _bits[offset / 64] |= 1ul << offset % 64;
        }
    }

    /// <summary>Data of an unknown type, in which names may stand anywhere.</summary>
    public void AddAll(int from, int end)
    {
        for (var offset = from; offset < Math.Min(end, Reach); offset++)
        {
            Add(offset);
        }
    }
}
