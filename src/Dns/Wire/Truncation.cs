namespace NodeDns.Dns.Wire;

/// <summary>Truncates a reply to the size that its client accepts.</summary>
public static class Truncation
{
    /// <summary>Shortens a well-formed reply without OPT to at most <paramref name="limit"/> octets, by removing whole
    /// records from its end.</summary>
    /// <remarks>
    /// Additional records are removed without notice, because they are optional. If answer or authority records do not fit,
    /// the reply keeps the answer records that do and has TC set, so that the client asks again over TCP (RFC 2181
    /// section 9). Compression pointers only point backwards, so the remaining records are complete.
    /// </remarks>
    /// <param name="questionEnd">The offset after the question.</param>
    /// <returns>The new length.</returns>
    public static int Cut(Span<byte> reply, int length, int questionEnd, int limit)
    {
        if (length <= limit)
        {
            return length;
        }

        var records = new RecordReader(reply[..length], questionEnd);
        int answerCount = 0, answerEnd = questionEnd, authorityEnd = questionEnd;
        int keptAnswers = 0, keptEnd = questionEnd;
        while (records.MoveNext() && records.Section != Section.Additional)
        {
            authorityEnd = records.End;
            if (records.Section != Section.Answer)
            {
                continue;
            }

            answerEnd = records.End;
            answerCount++;
            if (records.End > limit)
            {
                continue;
            }

            keptAnswers = answerCount;
            keptEnd = records.End;
        }

        DnsHeader.SetArCount(reply, 0);
        if (Math.Max(answerEnd, authorityEnd) <= limit)
        {
            return Math.Max(answerEnd, authorityEnd);
        }

        DnsHeader.SetAnCount(reply, keptAnswers);
        DnsHeader.SetNsCount(reply, 0);
        DnsHeader.SetFlags(reply, (ushort)(DnsHeader.Flags(reply) | DnsHeader.TC));
        return keptEnd;
    }
}
