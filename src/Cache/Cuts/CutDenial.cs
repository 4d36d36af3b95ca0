using System.Buffers.Binary;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Cuts;

/// <summary>Cluster DNS's NXDOMAIN for the name of a <see cref="CutPoint"/>. Immutable.</summary>
/// <param name="soa">The SOA record behind its owner, with all names uncompressed: type, class, TTL, length, data.</param>
/// <param name="ttlSeconds">The lesser of the SOA's TTL, its MINIMUM field, and the cache's limit for denials. At least
/// 1.</param>
/// <param name="nowMs">The time at which the answer came.</param>
internal sealed class CutDenial(ReadOnlySpan<byte> soa, uint ttlSeconds, long nowMs)
{
    /// <summary>Where a record's data begins behind its owner: type, class, TTL and length stand before it.</summary>
    public const int RdataOffset = 10;

    /// <summary>The longest SOA record behind its owner: two names and five numbers.</summary>
    public const int SoaMaximum = RdataOffset + 2 * DnsName.MaxLength + 20;

    private const int TtlOffset = 4;

    private readonly byte[] _soa = Record(soa);

    public long ReceivedMs => nowMs;

    public long ExpiresMs { get; } = nowMs + ttlSeconds * 1000L;

    /// <summary>Writes the denial as the answer to a question for a name below.</summary>
    /// <param name="reply">A reply whose header flags and question are written.</param>
    /// <param name="questionEnd">The offset behind the question.</param>
    /// <param name="owner">The offset in <paramref name="reply"/> of the SOA's owner, which is a part of the qname.</param>
    /// <returns>The length of the reply.</returns>
    public int Write(Span<byte> reply, int questionEnd, int owner, long atMs)
    {
        reply[6..DnsHeader.Length].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(reply[8..], 1);
        BinaryPrimitives.WriteUInt16BigEndian(reply[questionEnd..], (ushort)(0xC000 | owner));
        var record = reply.Slice(questionEnd + 2, _soa.Length);
        _soa.CopyTo(record);
        BinaryPrimitives.WriteUInt32BigEndian(record[TtlOffset..], ttlSeconds - (uint)((atMs - nowMs) / 1000));
        return questionEnd + 2 + _soa.Length;
    }

    private static byte[] Record(ReadOnlySpan<byte> soa)
    {
        var record = soa.ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(RdataOffset - 2), (ushort)(record.Length - RdataOffset));
        return record;
    }
}
