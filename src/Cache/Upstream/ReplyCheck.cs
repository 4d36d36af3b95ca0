using System.Buffers.Binary;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Upstream;

/// <summary>The kinds of messages that arrive on a query's socket.</summary>
internal enum ReplyVerdict
{
    /// <summary>The answer to the query.</summary>
    Answer,

    /// <summary>An error without a question section. Servers that do not understand EDNS send this.</summary>
    HeaderOnly,

    /// <summary>Not the answer: forged, or the answer to an earlier query. Keep waiting.</summary>
    Mismatch,
}

/// <summary>Checks whether a message is the answer to a query (RFC 5452 section 9.1). The kernel has already checked
/// addresses and ports.</summary>
internal static class ReplyCheck
{
    internal const int HeaderLength = 12;
    internal const int RcodeNoError = 0;
    internal const int RcodeFormErr = 1;
    internal const int RcodeNxDomain = 3;
    internal const int RcodeNotImp = 4;
    internal const int RcodeBadVers = 16;

    private const byte QrBit = 0x80;
    private const byte OpcodeMask = 0x78;
    private const byte TcBit = 0x02;
    private const ushort OptType = 41;

    /// <summary>Compares id, QR, opcode and the question (name regardless of case, type, class).</summary>
    /// <param name="query">The query. Its own id is ignored.</param>
    /// <param name="questionEnd">Octets of the query's header and question.</param>
    internal static ReplyVerdict Check(
        ReadOnlySpan<byte> reply, ushort id, ReadOnlySpan<byte> query, int questionEnd)
    {
        if (reply.Length < HeaderLength
            || Id(reply) != id
            || (reply[2] & QrBit) == 0
            || ((reply[2] ^ query[2]) & OpcodeMask) != 0)
        {
            return ReplyVerdict.Mismatch;
        }
        var questions = BinaryPrimitives.ReadUInt16BigEndian(reply[4..]);
        if (questions == 0 && HeaderRcode(reply) is not (RcodeNoError or RcodeNxDomain))
        {
            return ReplyVerdict.HeaderOnly;
        }
        return questions == 1 && reply.Length >= questionEnd
            && SameQuestion(reply[HeaderLength..questionEnd], query[HeaderLength..questionEnd])
                ? ReplyVerdict.Answer
                : ReplyVerdict.Mismatch;
    }

    /// <summary>Finds the end of the question in a query that we built, with one question and an uncompressed
    /// name.</summary>
    /// <returns>The offset after the question; 0 when there is no such question.</returns>
    internal static int QuestionEnd(ReadOnlySpan<byte> query)
    {
        if (query.Length < HeaderLength + 5 || BinaryPrimitives.ReadUInt16BigEndian(query[4..]) != 1)
        {
            return 0;
        }
        var at = HeaderLength;
        while (query[at] != 0)
        {
            at += query[at] + 1;
            if (at >= query.Length - 4 || query[at] > 63)
            {
                return 0;
            }
        }
        return at + 5;
    }

    internal static ushort Id(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message);

    internal static bool IsTruncated(ReadOnlySpan<byte> message) => (message[2] & TcBit) != 0;

    internal static int HeaderRcode(ReadOnlySpan<byte> message) => message[3] & 0x0F;

    /// <summary>The rcode, with its upper bits from the OPT record (RFC 6891 section 6.1.3), wherever that is.</summary>
    internal static int Rcode(ReadOnlySpan<byte> message, int questionEnd)
    {
        var rcode = HeaderRcode(message);
        if (DnsHeader.ArCount(message) == 0)
        {
            return rcode;
        }
        var records = new RecordReader(message, questionEnd);
        while (records.MoveNext())
        {
            if (records.Type == Qtype.OPT && records.Section == Section.Additional)
            {
                return message[records.TtlOffset] << 4 | rcode;
            }
        }
        return rcode;
    }

    /// <summary>True when the message ends with an OPT record at this offset and has no other records, as in queries
    /// that we send.</summary>
    internal static bool HasOptAt(ReadOnlySpan<byte> message, int offset) =>
        message.Length >= offset + 11
        && BinaryPrimitives.ReadUInt32BigEndian(message[6..]) == 0
        && BinaryPrimitives.ReadUInt16BigEndian(message[10..]) == 1
        && message[offset] == 0
        && BinaryPrimitives.ReadUInt16BigEndian(message[(offset + 1)..]) == OptType;

    /// <summary>CoreDNS's <c>next</c> and <c>next_on_nodata</c>: whether to ask the block's next forward, if there is
    /// one, instead of using this answer.</summary>
    public static bool WantsNext(ForwardOptions options, ReadOnlySpan<byte> message)
    {
        var rcode = HeaderRcode(message);
        return options.Next.Contains(rcode)
            || (options.NextOnNodata && rcode == RcodeNoError && AnswerCount(message) == 0);
    }

    private static int AnswerCount(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[6..]);

    private static bool SameQuestion(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.SequenceEqual(right))
        {
            return true;
        }
        // A label's length is at most 63 and so never equals a letter. Type and class are compared exactly.
        for (var i = 0; i < left.Length - 4; i++)
        {
            var (a, b) = (left[i], right[i]);
            if (a != b && ((a ^ b) != 0x20 || (uint)((a | 0x20) - 'a') > 'z' - 'a'))
            {
                return false;
            }
        }
        return left[^4..].SequenceEqual(right[^4..]);
    }
}
