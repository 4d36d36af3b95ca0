using System.Buffers.Binary;
using System.Text;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>Carries an extended DNS error (RFC 8914 section 2) from the step that means it to the reply's own OPT
/// record.
/// </summary>
/// <remarks>A step ends its reply with an OPT record of its own, since OPT is written last and per hop: the query path
/// takes that record off again and hands its options on, to clients that sent OPT; under dns64, first to the exchange that
/// asks for them.</remarks>
internal static class ExtendedErrorOption
{
    /// <summary>RFC 8914 section 4.16: the server's operator blocks the name or the client.</summary>
    public const ushort Blocked = 15;

    /// <summary>Section 4.18: filtered on the client's behalf.</summary>
    public const ushort Filtered = 17;

    private const ushort OptionCode = 15;

    /// <summary>The last thing a step writes.</summary>
    public static void Write(ref ReplyWriter reply, ushort code, string text = "")
    {
        var option = new byte[6 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteUInt16BigEndian(option, OptionCode);
        BinaryPrimitives.WriteUInt16BigEndian(option.AsSpan(2), (ushort)(option.Length - 4));
        BinaryPrimitives.WriteUInt16BigEndian(option.AsSpan(4), code);
        Encoding.UTF8.GetBytes(text, option.AsSpan(6));
        reply.TryAdd(Section.Additional, DnsName.Root, Qtype.OPT, (Qclass)0, 0, option);
    }

    /// <summary>Takes a step's OPT record off its reply.</summary>
    /// <returns>Its options; empty when there is none.</returns>
    public static byte[] Take(Span<byte> reply, ref int length, int questionEnd)
    {
        if (DnsHeader.ArCount(reply) == 0)
        {
            return [];
        }

        var records = new RecordReader(reply[..length], questionEnd);
        while (records.MoveNext())
        {
            if (records.Type != Qtype.OPT || records.End != length)
            {
                continue;
            }

            var options = records.Rdata.ToArray();
            length = records.OwnerOffset;
            DnsHeader.SetArCount(reply, DnsHeader.ArCount(reply) - 1);
            return options;
        }
        return [];
    }

    /// <summary>Puts what <see cref="Take"/> took off behind another reply.</summary>
    /// <returns>The new length; the old one where there is no room.</returns>
    public static int Append(Span<byte> reply, int length, ReadOnlySpan<byte> options)
    {
        if (options.IsEmpty || length + QueryEdns.EmptyOptLength + options.Length > reply.Length)
        {
            return length;
        }

        QueryEdns.WriteEmptyOpt(reply[length..], 0, 0, dnssecOk: false);
        DnsHeader.SetArCount(reply, DnsHeader.ArCount(reply) + 1);
        return Put(reply, length + QueryEdns.EmptyOptLength, options, reply.Length);
    }

    /// <summary>Appends options to a reply that ends with an OPT record without any.</summary>
    /// <returns>The new length; the old one where the client's limit leaves no room.</returns>
    public static int Put(Span<byte> reply, int length, ReadOnlySpan<byte> options, int limit)
    {
        if (options.IsEmpty || length + options.Length > limit)
        {
            return length;
        }

        BinaryPrimitives.WriteUInt16BigEndian(reply[(length - 2)..], (ushort)options.Length);
        options.CopyTo(reply[length..]);
        return length + options.Length;
    }
}
