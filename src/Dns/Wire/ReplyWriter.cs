using System.Buffers.Binary;

namespace NodeDns.Dns.Wire;

/// <summary>Writes the reply to a query: header, the question's original octets, then records.</summary>
/// <remarks>
/// The sections have to be written in wire order. A record that does not fit is not written at all. The reply has RA set
/// and AA and TC clear; id, opcode, RD and CD are copied from the query. The query path adds the OPT record later.
/// </remarks>
public ref struct ReplyWriter
{
    /// <summary>A compression pointer to the qname, which is always at octet 12.</summary>
    public const ushort PointerToQname = 0xC00C;

    private readonly Span<byte> _buffer;
    private readonly int _questionEnd;

    /// <param name="buffer">The buffer for the reply. Header and question have to fit.</param>
    /// <param name="query">The query, starting with its header.</param>
    /// <param name="questionEnd">The offset after the query's question.</param>
    public ReplyWriter(Span<byte> buffer, ReadOnlySpan<byte> query, int questionEnd)
    {
        _buffer = buffer;
        _questionEnd = questionEnd;
        query[..questionEnd].CopyTo(buffer);
        var kept = (ushort)(DnsHeader.Flags(query) & (DnsHeader.OpcodeMask | DnsHeader.RD | DnsHeader.CD));
        DnsHeader.SetFlags(buffer, (ushort)(kept | DnsHeader.QR | DnsHeader.RA));
        buffer[4..DnsHeader.Length].Clear();
        DnsHeader.SetQdCount(buffer, questionEnd > DnsHeader.Length ? 1 : 0);
        Length = questionEnd;
    }

    /// <summary>The number of octets written so far.</summary>
    public int Length { get; private set; }

    public readonly Span<byte> Written => _buffer[..Length];

    /// <summary>The number of octets that still fit.</summary>
    public readonly int Free => _buffer.Length - Length;

    public readonly void SetRcode(Rcode rcode) =>
        _buffer[3] = (byte)(_buffer[3] & ~DnsHeader.RcodeMask | (byte)rcode & DnsHeader.RcodeMask);

    public readonly void SetAuthoritative() => _buffer[2] |= DnsHeader.AA >> 8;

    /// <summary>Removes all records and resets the flags.</summary>
    public void Clear()
    {
        Length = _questionEnd;
        _buffer[6..DnsHeader.Length].Clear();
        _buffer[2] &= unchecked((byte)~((DnsHeader.AA | DnsHeader.TC) >> 8));
        SetRcode(Rcode.NoError);
    }

    /// <summary>Appends a record whose owner is the qname, written as a compression pointer.</summary>
    /// <returns>false when it does not fit; then nothing is written.</returns>
    public bool TryAddAnswer(Qtype type, uint ttlSeconds, ReadOnlySpan<byte> rdata) =>
        TryAdd(Section.Answer, [PointerToQname >> 8, PointerToQname & 0xFF], type, Qclass.IN, ttlSeconds, rdata);

    /// <summary>Appends a record.</summary>
    /// <param name="owner">An uncompressed name in wire form, or a compression pointer.</param>
    /// <returns>false when it does not fit; then nothing is written.</returns>
    public bool TryAdd(Section section, scoped ReadOnlySpan<byte> owner, Qtype type, Qclass @class, uint ttlSeconds,
        scoped ReadOnlySpan<byte> rdata)
    {
        if (owner.Length + 10 + rdata.Length > Free || rdata.Length > ushort.MaxValue)
        {
            return false;
        }

        var record = _buffer[Length..];
        owner.CopyTo(record);
        record = record[owner.Length..];
        BinaryPrimitives.WriteUInt16BigEndian(record, (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(record[2..], (ushort)@class);
        BinaryPrimitives.WriteUInt32BigEndian(record[4..], ttlSeconds);
        BinaryPrimitives.WriteUInt16BigEndian(record[8..], (ushort)rdata.Length);
        rdata.CopyTo(record[10..]);
        Length += owner.Length + 10 + rdata.Length;
        DnsHeader.SetCount(_buffer, section, DnsHeader.Count(_buffer, section) + 1);
        return true;
    }
}
