using NodeDns.Corefile;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>What a question became, and how its reply turns into one for the question that was asked. Belongs to one
/// query.</summary>
internal sealed class RewrittenQuestion
{
    private readonly byte[] _askedQuestion;

    internal RewrittenQuestion(in PluginQuery query)
    {
        Name = query.Name.ToArray();
        Type = query.Type;
        Class = query.Class;
        _askedQuestion = query.Message.Slice(DnsHeader.Length, query.Name.Length + 4).ToArray();
    }

    /// <summary>Lower-case wire form of the name to ask.</summary>
    public byte[] Name { get; private set; }

    public Qtype Type { get; internal set; }

    public Qclass Class { get; internal set; }

    /// <summary>A rule made something that is no domain name: the query is SERVFAIL.</summary>
    public bool IsInvalid { get; private set; }

    /// <summary>In the order of the rules; undone in the opposite order.</summary>
    internal List<ReplyRule> ReplyRules { get; } = [];

    internal List<RewriteCnameRule> CnameRules { get; } = [];

    internal void SetName(string to, RewriteNameRule rule, string asked)
    {
        if (DnsName.Parse(to) is not { } wire)
        {
            IsInvalid = true;
            return;
        }
        DnsName.ToLower(wire, wire);
        Name = wire;
        to = DnsName.ToText(wire);
        // CoreDNS's exact rules answer auto whether or not they say so: a reply about another name helps nobody.
        if (rule.Match.Kind == NameMatchKind.Suffix && rule.AnswerAuto)
        {
            ReplyRules.Add(new SuffixReplyRule(rule.To, rule.Match.Text));
        }
        else if (rule.AnswerAuto || rule.Match.Kind == NameMatchKind.Exact)
        {
            ReplyRules.Add(new RemapReplyRule(to, asked));
        }

        foreach (var answer in rule.Answers)
        {
            ReplyRules.Add(new PatternReplyRule(answer.Kind == RewriteAnswerKind.Value, answer.From, answer.To));
        }
    }

    /// <summary>Turns the reply to the rewritten question into one to the question that was asked.</summary>
    /// <param name="reply">Well-formed; an OPT record is left out, it is per hop.</param>
    /// <returns>Octets written, or 0 when the reply is malformed, or too large, or a name became none.</returns>
    public int Restore(ReadOnlySpan<byte> reply, Span<byte> output)
    {
        if (!QuestionReader.TryRead(reply, out var question))
        {
            return 0;
        }

        var builder = new MessageBuilder(output, reply, _askedQuestion);
        Span<byte> owner = stackalloc byte[DnsName.MaxLength];
        var rdata = new byte[reply.Length + 2 * DnsName.MaxLength];
        var records = new RecordReader(reply, question.End);
        while (records.MoveNext())
        {
            if (records.Type == Qtype.OPT)
            {
                continue;
            }

            var ownerLength = DnsName.Read(reply, records.OwnerOffset, owner, out _);
            var newOwner = Renamed(owner[..ownerLength], isValue: false);
            var length = Rdata.Expand(reply, records, rdata);
            if (length < 0 || newOwner is null || NewData(records.Type, rdata.AsSpan(0, length)) is not { } newData)
            {
                return 0;
            }

            var ttl = records.Ttl;
            for (var i = ReplyRules.Count - 1; i >= 0; i--)
            {
                ttl = ReplyRules[i].TtlSeconds(ttl);
            }

            builder.Add(records.Section, newOwner, records.Type, records.Class, ttl, newData);
        }
        if (records.IsMalformed || builder.Overflowed)
        {
            return 0;
        }

        var rcode = DnsHeader.Rcode(reply);
        for (var i = ReplyRules.Count - 1; i >= 0; i--)
        {
            rcode = ReplyRules[i].Code(rcode);
        }

        output[3] = (byte)(output[3] & ~DnsHeader.RcodeMask | (byte)rcode & DnsHeader.RcodeMask);
        return builder.Length;
    }

    /// <summary>cname rules: whether a CNAME of the reply points where a rule says, so that another name must be asked
    /// before the reply is complete.</summary>
    /// <returns>Lower-case wire form of the name to ask with the question's type; null when the reply stands.</returns>
    public byte[]? CnameToFollow(ReadOnlySpan<byte> reply)
    {
        if (CnameRules.Count == 0 || !QuestionReader.TryRead(reply, out var question))
        {
            return null;
        }

        Span<byte> target = stackalloc byte[DnsName.MaxLength];
        var records = new RecordReader(reply, question.End);
        while (records.MoveNext() && records.Section == Section.Answer)
        {
            if (records.Type != Qtype.CNAME)
            {
                continue;
            }

            var length = DnsName.Read(reply, records.RdataOffset, target, out _);
            if (NewTarget(target[..length]) is { } to)
            {
                return to;
            }
        }
        return null;
    }

    /// <summary>Puts a reply and the answer about the new target of its CNAME together: the chain up to that CNAME,
    /// which now points to the new target, then what was found there.</summary>
    /// <returns>Octets written, or 0 when a message is malformed or the whole does not fit.</returns>
    public int MergeCname(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> targetReply, Span<byte> output)
    {
        if (!QuestionReader.TryRead(reply, out var question)
            || !QuestionReader.TryRead(targetReply, out var asked))
        {
            return 0;
        }

        var builder = new MessageBuilder(output, reply, reply[DnsHeader.Length..question.End]);
        Span<byte> owner = stackalloc byte[DnsName.MaxLength];
        Span<byte> target = stackalloc byte[DnsName.MaxLength];
        var records = new RecordReader(reply, question.End);
        while (records.MoveNext() && records.Section == Section.Answer)
        {
            if (records.Type != Qtype.CNAME)
            {
                continue;
            }

            var ownerLength = DnsName.Read(reply, records.OwnerOffset, owner, out _);
            var targetLength = DnsName.Read(reply, records.RdataOffset, target, out _);
            var to = NewTarget(target[..targetLength]);
            builder.Add(
                Section.Answer, owner[..ownerLength], Qtype.CNAME, records.Class, records.Ttl,
                to ?? target[..targetLength].ToArray());
            if (to is not null)
            {
                break;
            }
        }
        var rdata = new byte[targetReply.Length + 2 * DnsName.MaxLength];
        var found = new RecordReader(targetReply, asked.End);
        while (found.MoveNext())
        {
            if (found.Type == Qtype.OPT)
            {
                continue;
            }

            var ownerLength = DnsName.Read(targetReply, found.OwnerOffset, owner, out _);
            var length = Rdata.Expand(targetReply, found, rdata);
            if (length < 0)
            {
                return 0;
            }

            builder.Add(
                found.Section, owner[..ownerLength], found.Type, found.Class, found.Ttl, rdata.AsSpan(0, length));
        }
        output[3] = (byte)(output[3] & ~DnsHeader.RcodeMask | (byte)DnsHeader.Rcode(targetReply));
        return records.IsMalformed || found.IsMalformed || builder.Overflowed ? 0 : builder.Length;
    }

    private byte[]? NewTarget(ReadOnlySpan<byte> target)
    {
        var lower = target.ToArray();
        DnsName.ToLower(lower, lower);
        var text = DnsName.ToText(lower);
        foreach (var rule in CnameRules)
        {
            if (RewriteRules.Replace(rule.Match, rule.To, text) is { } to
                && to != text
                && DnsName.Parse(to) is { } wire)
            {
                DnsName.ToLower(wire, wire);
                return wire;
            }
        }
        return null;
    }

    private byte[]? Renamed(ReadOnlySpan<byte> name, bool isValue)
    {
        if (ReplyRules.Count == 0)
        {
            return name.ToArray();
        }

        string text = DnsName.ToText(name), before = text;
        for (var i = ReplyRules.Count - 1; i >= 0; i--)
        {
            text = isValue ? ReplyRules[i].Value(text) : ReplyRules[i].Owner(text);
        }

        return text == before ? name.ToArray() : DnsName.Parse(text);
    }

    /// <summary>The data with its first name changed; null when that became no name.</summary>
    private byte[]? NewData(Qtype type, ReadOnlySpan<byte> data)
    {
        var layout = Rdata.LayoutOf(type, data);
        if (layout.Names == 0)
        {
            return data.ToArray();
        }

        var name = DnsName.LengthOf(data[layout.Before..]);
        var renamed = Renamed(data.Slice(layout.Before, name), isValue: true);
        return renamed is null ? null : [.. data[..layout.Before], .. renamed, .. data[(layout.Before + name)..]];
    }
}
