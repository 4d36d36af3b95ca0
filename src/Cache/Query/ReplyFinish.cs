using NodeDns.Cache.Plugins;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>Begins and ends every reply. The beginning writes header and question as the client sent them; the end
/// applies filters and size limit and adds OPT.</summary>
internal static class ReplyFinish
{
    /// <summary>The header bits of an answer that go into the reply.</summary>
    private const ushort KeptFromAnswer = DnsHeader.AA | DnsHeader.TC | DnsHeader.AD | DnsHeader.RcodeMask;

    /// <summary>Writes header and question. Of the counts, only QDCOUNT is changed.</summary>
    /// <param name="question">The question's octets as the client sent them.</param>
    /// <param name="answerFlags">Flags and RCODE of the answer. AA is passed on for a miss only; the store drops
    /// it.</param>
    public static void Begin(Span<byte> reply, ReadOnlySpan<byte> question, in ClientNeeds needs, ushort answerFlags)
    {
        DnsHeader.SetId(reply, needs.Id);
        var flags = DnsHeader.QR | DnsHeader.RA
            | needs.Flags & (DnsHeader.OpcodeMask | DnsHeader.RD | DnsHeader.CD)
            | answerFlags & KeptFromAnswer;
        if (!needs.UnderstandsAd)
        {
            flags &= ~DnsHeader.AD;
        }

        DnsHeader.SetFlags(reply, (ushort)flags);
        DnsHeader.SetQdCount(reply, 1);
        question.CopyTo(reply[DnsHeader.Length..]);
    }

    /// <summary>Applies the block's filters, truncates to the client's limit, and adds OPT if the client sent one (RFC
    /// 6891 section 6.1.1).</summary>
    /// <param name="reply">A reply without OPT. The buffer must have room for an OPT record after the client's
    /// limit.</param>
    /// <returns>The length to send.</returns>
    public static int End(Span<byte> reply, int length, int questionEnd, in ClientNeeds needs, IReplyFilter[] filters)
    {
        foreach (var filter in filters)
        {
            length = filter.Apply(reply[..length], length);
        }

        var limit = needs.HasEdns ? needs.Limit - QueryEdns.EmptyOptLength : needs.Limit;
        if (length > limit)
        {
            length = Truncation.Cut(reply, length, questionEnd, limit);
        }

        return needs.HasEdns ? AddOpt(reply, length, needs, extendedRcode: 0) : length;
    }

    /// <summary>Writes a reply without records.</summary>
    /// <param name="rcode">Above 15 only if the client sent OPT.</param>
    /// <returns>The length to send.</returns>
    public static int Empty(Span<byte> reply, ReadOnlySpan<byte> question, in ClientNeeds needs, Rcode rcode)
    {
        Begin(reply, question, needs, (ushort)((int)rcode & DnsHeader.RcodeMask));
        if (question.IsEmpty)
        {
            DnsHeader.SetQdCount(reply, 0);
        }

        reply[6..DnsHeader.Length].Clear();
        var length = DnsHeader.Length + question.Length;
        return needs.HasEdns ? AddOpt(reply, length, needs, (byte)((int)rcode >> 4)) : length;
    }

    private static int AddOpt(Span<byte> reply, int length, in ClientNeeds needs, byte extendedRcode)
    {
        QueryEdns.WriteEmptyOpt(reply[length..], needs.OwnUdpSize, extendedRcode, needs.DnssecOk);
        DnsHeader.SetArCount(reply, DnsHeader.ArCount(reply) + 1);
        return length + QueryEdns.EmptyOptLength;
    }
}
