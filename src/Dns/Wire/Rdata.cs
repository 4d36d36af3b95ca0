namespace NodeDns.Dns.Wire;

/// <summary>Where names stand inside record data, for the types whose data holds any.</summary>
/// <param name="Before">Octets before the first name.</param>
/// <param name="Names">Names, one after the other; what follows them is copied as it is.</param>
/// <param name="Compressible">Whether a writer may compress them (RFC 3597 section 4: only RFC 1035's own
/// types).</param>
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

    /// <summary>The record's data with its names written out.</summary>
    /// <param name="whole">At least <paramref name="record"/>'s length plus 255 octets for each name.</param>
    /// <returns>Octets written, or -1 when the data is not as its type says.</returns>
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

    /// <summary>NAPTR's replacement stands after two numbers and three character strings (RFC 3403 section
    /// 4.1).</summary>
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
