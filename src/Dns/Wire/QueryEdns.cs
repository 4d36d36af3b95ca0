using System.Buffers.Binary;

namespace NodeDns.Dns.Wire;

/// <summary>The content of a message's OPT record (RFC 6891 section 6.1).</summary>
/// <remarks>An OPT record on the wire: the root as owner (one zero octet), type 41, class = UDP payload size of the
/// sender, TTL = extended RCODE (8 bits), version (8), DO (1) and Z (15), then RDLENGTH and the options.</remarks>
public readonly struct QueryEdns
{
    /// <summary>The length of an OPT record without options.</summary>
    public const int EmptyOptLength = 11;

    private const uint DnssecOkBit = 0x8000;

    private QueryEdns(ushort udpSize, uint ttl)
    {
        IsPresent = true;
        UdpSize = udpSize;
        Version = (byte)(ttl >> 16);
        ExtendedRcode = (byte)(ttl >> 24);
        DnssecOk = (ttl & DnssecOkBit) != 0;
    }

    public bool IsPresent { get; }

    /// <summary>The sender's UDP payload size in octets, as sent. Values below 512 mean 512.</summary>
    public ushort UdpSize { get; }

    public byte Version { get; }

    /// <summary>The high eight bits of a response's RCODE.</summary>
    public byte ExtendedRcode { get; }

    public bool DnssecOk { get; }

    /// <summary>Finds the OPT record among the records that start at <paramref name="offset"/>.</summary>
    /// <returns>false when a record is malformed, or when there are two OPT records (RFC 6891 section 6.1.1).</returns>
    public static bool TryRead(ReadOnlySpan<byte> message, int offset, out QueryEdns edns)
    {
        edns = default;
        // Nearly every query has either no record at all, or only the OPT record.
        if (BinaryPrimitives.ReadUInt32BigEndian(message[6..]) == 0)
        {
            var arCount = DnsHeader.ArCount(message);
            if (arCount == 0)
            {
                return true;
            }

            if (arCount == 1 && message.Length >= offset + EmptyOptLength && message[offset] == 0
                && BinaryPrimitives.ReadUInt16BigEndian(message[(offset + 1)..]) == (ushort)Qtype.OPT)
            {
                edns = Parse(message, offset + 1);
                return offset + EmptyOptLength + BinaryPrimitives.ReadUInt16BigEndian(message[(offset + 9)..])
                    <= message.Length;
            }
        }
        return TryWalk(message, offset, out edns);
    }

    /// <summary>Writes an OPT record without options.</summary>
    /// <param name="opt">At least <see cref="EmptyOptLength"/> octets.</param>
    public static void WriteEmptyOpt(Span<byte> opt, ushort udpSize, byte extendedRcode, bool dnssecOk)
    {
        opt[0] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(opt[1..], (ushort)Qtype.OPT);
        BinaryPrimitives.WriteUInt16BigEndian(opt[3..], udpSize);
        BinaryPrimitives.WriteUInt32BigEndian(opt[5..], (uint)extendedRcode << 24 | (dnssecOk ? DnssecOkBit : 0));
        BinaryPrimitives.WriteUInt16BigEndian(opt[9..], 0);
    }

    /// <summary>Parses an OPT record whose TYPE field is at <paramref name="typeOffset"/>.</summary>
    public static QueryEdns Parse(ReadOnlySpan<byte> message, int typeOffset) => new(
        BinaryPrimitives.ReadUInt16BigEndian(message[(typeOffset + 2)..]),
        BinaryPrimitives.ReadUInt32BigEndian(message[(typeOffset + 4)..]));

    private static bool TryWalk(ReadOnlySpan<byte> message, int offset, out QueryEdns edns)
    {
        edns = default;
        var records = new RecordReader(message, offset);
        while (records.MoveNext())
        {
            if (records.Type != Qtype.OPT)
            {
                continue;
            }

            if (edns.IsPresent || records.Section != Section.Additional || message[records.OwnerOffset] != 0)
            {
                return false;
            }

            edns = Parse(message, records.TtlOffset - 4);
        }
        return !records.IsMalformed;
    }
}
