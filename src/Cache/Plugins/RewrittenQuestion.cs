using NodeDns.Corefile;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Plugins;

/// <summary>A rewritten question, and how to change its reply into one to the original question. Belongs to one
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

    /// <summary>The name to ask, in lower-case wire form.</summary>
    public byte[] Name { get; private set; }

    public Qtype Type { get; internal set; }

    public Qclass Class { get; internal set; }

    /// <summary>A rule produced something that is not a domain name. The query gets SERVFAIL.</summary>
    public bool IsInvalid { get; private set; }

    /// <summary>In the order of the rules. They are applied to the reply in reverse order.</summary>
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
        // CoreDNS's exact rules always answer auto, because a reply about another name is useless.
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

    /// <summary>Changes the reply to the rewritten question into one to the original question.</summary>
    /// <param name="reply">A well-formed reply. Its OPT record is dropped, because OPT is hop by hop.</param>
    /// <returns>Octets written; 0 when the reply is malformed or too large, or when a changed name is not
    /// valid.</returns>
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

    /// <summary>Applies the cname rules: finds a CNAME in the reply whose target a rule replaces. The new target then
    /// has to be asked for before the reply is complete.</summary>
    /// <returns>The new target in lower-case wire form, to be asked with the question's type; null when the reply is
    /// complete.</returns>
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

    /// <summary>Joins a reply with the answer for the new target of its CNAME: the chain up to that CNAME, now with the
    /// new target, then the target's records.</summary>
    /// <returns>Octets written; 0 when a message is malformed or the result does not fit.</returns>
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
        output[3] = (byte)(output[3] & ~DnsHeader.RcodeMask | (byte)DnsHeader.Rcode(targetReply));
        return builder.TryAddRecords(targetReply, asked.End) && !records.IsMalformed ? builder.Length : 0;
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

    /// <summary>The record data with its first name changed; null when that is no longer a valid name.</summary>
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
