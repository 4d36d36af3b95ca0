using NodeDns.Cache.Plugins;
using NodeDns.Dns.Wire;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>Follows a CNAME that a template gave in reply to an address question: asks for the target's addresses on
/// the main path and appends them to the template's reply.</summary>
internal sealed class CnameExchange(OwnQuestions own) : OwnQuestion(own)
{
    /// <summary>How many CNAMEs of templates are followed in a row. This ends a chain that leads back to
    /// itself.</summary>
    public const int DepthMaximum = 8;

    private readonly byte[] _question = new byte[DnsHeader.Length + DnsName.MaxLength + 4];
    private byte[] _first = [];
    private byte[] _extendedError = [];
    private int _firstLength;
    private int _targetLength;
    private int _questionEnd;
    private RewrittenQuestion? _rewritten;
    private int _depth;

    private ReadOnlySpan<byte> First => _first.AsSpan(0, _firstLength);

    private int FoundQuestionEnd => DnsHeader.Length + _targetLength + 4;

    public static int DepthOf(in ClientQuery query) => query.To.Sink is CnameExchange exchange ? exchange._depth : 0;

    /// <summary>Writes the lower-case target of the CNAME that is last in the answer section.</summary>
    /// <returns>Its length; 0 when the last record is no CNAME.</returns>
    public static int ReadTarget(ReadOnlySpan<byte> reply, int questionEnd, Span<byte> target)
    {
        var length = 0;
        var records = new RecordReader(reply, questionEnd);
        while (records.MoveNext() && records.Section == Section.Answer)
        {
            length = records.Type == Qtype.CNAME ? DnsName.Read(reply, records.RdataOffset, target, out _) : 0;
        }
        DnsName.ToLower(target[..length], target[..length]);
        return length;
    }

    public QueryOutcome Begin(in ClientQuery query, ReadOnlySpan<byte> written, QuestionReader question,
        ReadOnlySpan<byte> target, ZoneModel zone, RewrittenQuestion? rewritten, Span<byte> reply)
    {
        _depth = DepthOf(query) + 1;
        Keep(query);
        _rewritten = rewritten;
        _questionEnd = question.End;
        _targetLength = target.Length;
        _firstLength = written.Length;
        Grow(ref _first, _firstLength);
        written.CopyTo(_first);
        _extendedError = ExtendedErrorOption.Take(_first.AsSpan(0, _firstLength), ref _firstLength, _questionEnd).ToArray();

        Message[..DnsHeader.Length].CopyTo(_question);
        DnsHeader.SetArCount(_question, 0);
        QuestionReader.Write(_question.AsSpan(DnsHeader.Length), target, question.Type, Client.Qclass);
        var found = Own.RentBuffer();
        var outcome = Ask(zone, _question.AsSpan(0, FoundQuestionEnd), target, question.Type, Client.Qclass, found);
        if (!outcome.IsPending)
        {
            outcome = Continue(query, found, outcome.Length, reply);
            Release();
        }
        Own.Return(found);
        return outcome;
    }

    /// <summary>Appends the target's answers to the template's reply, whose rcode and flags are kept.</summary>
    /// <param name="length">0 when there is no reply about the target.</param>
    protected override QueryOutcome Continue(in ClientQuery query, byte[] part, int length, Span<byte> reply)
    {
        var whole = Own.RentBuffer();
        var rdata = Own.RentBuffer();
        var written = Join(part.AsSpan(0, length), rdata, whole.AsSpan(0, QueryHandler.MaxMessage));
        if (_rewritten is not null)
        {
            written = _rewritten.Restore(whole.AsSpan(0, written), rdata);
            (whole, rdata) = (rdata, whole);
        }
        var outcome = written == 0
            ? Own.Replies.Reject(query, reply, Rcode.ServFail)
            : Own.Replies.FromPlugin(query, whole, ExtendedErrorOption.Append(whole, written, _extendedError), reply,
                AnsweredBy.Template);
        Own.Return(whole);
        Own.Return(rdata);
        return outcome;
    }

    protected override void GiveBack()
    {
        _rewritten = null;
        _extendedError = [];
        Own.Return(this);
    }

    /// <returns>Octets written. If both together do not fit, only the template's reply is written.</returns>
    private int Join(ReadOnlySpan<byte> found, Span<byte> rdata, Span<byte> whole)
    {
        var builder = new MessageBuilder(whole, First, First[DnsHeader.Length.._questionEnd]);
        for (var section = Section.Answer; section <= Section.Additional; section++)
        {
            Copy(First, _questionEnd, section, rdata, ref builder);
            if (section == Section.Answer && found.Length > DnsHeader.Length)
            {
                Copy(found, FoundQuestionEnd, section, rdata, ref builder);
            }
        }
        if (!builder.Overflowed)
        {
            return builder.Length;
        }

        First.CopyTo(whole);
        return _firstLength;
    }

    private static void Copy(ReadOnlySpan<byte> message, int questionEnd, Section section, Span<byte> rdata,
        scoped ref MessageBuilder builder)
    {
        Span<byte> owner = stackalloc byte[DnsName.MaxLength];
        var records = new RecordReader(message, questionEnd);
        while (records.MoveNext())
        {
            if (records.Section != section)
            {
                continue;
            }

            var ownerLength = DnsName.Read(message, records.OwnerOffset, owner, out _);
            var length = Rdata.Expand(message, records, rdata);
            if (length < 0)
            {
                return;
            }

            builder.Add(section, owner[..ownerLength], records.Type, records.Class, records.Ttl, rdata[..length]);
        }
    }
}
