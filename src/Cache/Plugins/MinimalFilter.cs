using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>minimal: removes all sections but the answer from a positive answer. Denials, errors and delegations need
/// the other sections and are not changed.</summary>
internal sealed class MinimalFilter : IReplyFilter
{
    public int Apply(Span<byte> message, int length)
    {
        if (DnsHeader.Rcode(message) != Rcode.NoError || DnsHeader.AnCount(message) == 0
            || !QuestionReader.TryRead(message[..length], out var question)
            || question.Type is Qtype.AXFR or Qtype.IXFR)
        {
            return length;
        }

        var records = new RecordReader(message[..length], question.End);
        var answerEnd = question.End;
        while (records.MoveNext() && records.Section == Section.Answer)
        {
            answerEnd = records.End;
        }

        if (records.IsMalformed)
        {
            return length;
        }
        // Compressed names only point backwards, so the remaining records are complete.
        DnsHeader.SetNsCount(message, 0);
        DnsHeader.SetArCount(message, 0);
        return answerEnd;
    }
}
