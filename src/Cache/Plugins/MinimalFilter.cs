using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>minimal: a positive answer keeps its answer section only. Denials, errors and delegations need the others
/// and pass unchanged.</summary>
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
        // Compression only points backwards, so what stays is whole.
        DnsHeader.SetNsCount(message, 0);
        DnsHeader.SetArCount(message, 0);
        return answerEnd;
    }
}
