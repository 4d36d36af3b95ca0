namespace NodeDns.Dns.Wire;

/// <summary>Where the names are in the data of a record, for types whose data has names.</summary>
/// <param name="Before">How many octets come before the first name.</param>
/// <param name="Names">How many names there are, one after the other. The octets after them are copied
/// unchanged.</param>
/// <param name="Compressible">The names may be compressed (RFC 3597 section 4: only for the types of RFC 1035).</param>
public readonly record struct Rdata(int Before, int Names, bool Compressible)
{
    public static Rdata LayoutOf(Qtype type, ReadOnlySpan<byte> rdata) => type switch
    {
        Qtype.NS or Qtype.MD or Qtype.MF or Qtype.CNAME or Qtype.MB or Qtype.MG or Qtype.MR or Qtype.PTR =>
            new Rdata(0, 1, true),
        Qtype.SOA or Qtype.MINFO => new Rdata(0, 2, true),
        Qtype.MX => new Rdata(2, 1, true),
        Qtype.DNAME => new Rdata(0, 1, false),
        Qtype.RP => new Rdata(0, 2, false),
        Qtype.AFSDB or Qtype.RT or Qtype.KX => new Rdata(2, 1, false),
        Qtype.SRV => new Rdata(6, 1, false),
        Qtype.NAPTR => new Rdata(NaptrNameOffset(rdata), 1, false),
        _ => default,
    };

    /// <summary>Copies the record's data with all names uncompressed.</summary>
    /// <param name="whole">Room for the length of <paramref name="record"/> plus 255 octets for each name.</param>
    /// <returns>Octets written; -1 when the data is malformed.</returns>
    public static int Expand(ReadOnlySpan<byte> message, in RecordReader record, Span<byte> whole) =>
        Expand(message, record.Type, record.RdataOffset, record.RdataLength, whole);

    /// <inheritdoc cref="Expand(ReadOnlySpan{byte}, in RecordReader, Span{byte})"/>
    public static int Expand(ReadOnlySpan<byte> message, Qtype type, int offset, int length, Span<byte> whole)
    {
        var rdata = message.Slice(offset, length);
        var layout = LayoutOf(type, rdata);
        if (layout.Before > length)
        {
            return -1;
        }

        rdata[..layout.Before].CopyTo(whole);
        int written = layout.Before, at = offset + layout.Before;
        for (var i = 0; i < layout.Names; i++)
        {
            var name = DnsName.Read(message, at, whole.Slice(written, DnsName.MaxLength), out at);
            if (name == 0)
            {
                return -1;
            }

            written += name;
        }
        var end = offset + length;
        if (at > end)
        {
            return -1;
        }

        message[at..end].CopyTo(whole[written..]);
        return written + end - at;
    }

    /// <summary>The offset of NAPTR's replacement name, which follows two numbers and three character strings (RFC 3403
    /// section 4.1).</summary>
    private static int NaptrNameOffset(ReadOnlySpan<byte> rdata)
    {
        var at = 4;
        for (var strings = 0; strings < 3; strings++)
        {
            if (at >= rdata.Length)
            {
                return int.MaxValue;
            }

            at += rdata[at] + 1;
        }
        return at;
    }
}
