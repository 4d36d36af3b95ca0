using System.Buffers.Binary;
using System.Text;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>Carries an extended DNS error (RFC 8914 section 2) from a step to the OPT record of the final
/// reply.</summary>
/// <remarks>OPT is hop by hop and is written last, so a step cannot write the final one. It ends its reply with an OPT
/// record of its own; the query path removes that record and sends its options to clients that sent OPT. With dns64 the
/// options first go to the exchange that asked.</remarks>
internal static class ExtendedErrorOption
{
    /// <summary>RFC 8914 section 4.16: the server's operator blocks the name or the client.</summary>
    public const ushort Blocked = 15;

    /// <summary>RFC 8914 section 4.18: the name is filtered at the client's request.</summary>
    public const ushort Filtered = 17;

    /// <summary>Longer options take memory from the heap.</summary>
    public const int LengthOnStack = 128;

    private const ushort OptionCode = 15;

    /// <summary>Writes the error. This must be the last thing that a step writes.</summary>
    public static void Write(ref ReplyWriter reply, ushort code, string text = "")
    {
        var length = 6 + Encoding.UTF8.GetByteCount(text);
        var option = length <= LengthOnStack ? stackalloc byte[length] : new byte[length];
        BinaryPrimitives.WriteUInt16BigEndian(option, OptionCode);
        BinaryPrimitives.WriteUInt16BigEndian(option[2..], (ushort)(length - 4));
        BinaryPrimitives.WriteUInt16BigEndian(option[4..], code);
        Encoding.UTF8.GetBytes(text, option[6..]);
        reply.TryAdd(Section.Additional, DnsName.Root, Qtype.OPT, (Qclass)0, 0, option);
    }

    /// <summary>Removes a step's OPT record from its reply.</summary>
    /// <param name="room">Where to keep the options. What does not fit there is kept on the heap.</param>
    /// <returns>The options in it; empty when there is none.</returns>
    public static ReadOnlySpan<byte> Take(
        scoped Span<byte> reply, ref int length, int questionEnd, Span<byte> room = default)
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

            var options = records.RdataLength <= room.Length ? room[..records.RdataLength] : new byte[records.RdataLength];
            records.Rdata.CopyTo(options);
            length = records.OwnerOffset;
            DnsHeader.SetArCount(reply, DnsHeader.ArCount(reply) - 1);
            return options;
        }
        return [];
    }

    /// <summary>Appends an OPT record with options that <see cref="Take"/> has removed to another reply.</summary>
    /// <returns>The new length; the old one when there is no room.</returns>
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

    /// <summary>Adds options to the OPT record without options at the end of a reply.</summary>
    /// <returns>The new length; the old one when the client's limit leaves no room.</returns>
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
