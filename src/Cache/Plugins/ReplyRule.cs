using NodeDns.Dns.Wire;
using NodeDns.Go;

namespace NodeDns.Cache.Plugins;

/// <summary>One change to be made to a reply because its question was rewritten.</summary>
internal abstract record ReplyRule
{
    public virtual string Owner(string owner) => owner;

    /// <summary>A name inside record data: the first of an SOA, the only one of the other types.</summary>
    public virtual string Value(string value) => value;

    public virtual uint TtlSeconds(uint ttlSeconds) => ttlSeconds;

    public virtual Rcode Code(Rcode rcode) => rcode;
}

internal sealed record TtlReplyRule(uint Min, uint Max) : ReplyRule
{
    public override uint TtlSeconds(uint ttlSeconds) => Math.Min(Math.Max(ttlSeconds, Min), Max);
}

internal sealed record RcodeReplyRule(Rcode From, Rcode To) : ReplyRule
{
    public override Rcode Code(Rcode rcode) => rcode == From ? To : rcode;
}

/// <summary>answer auto: a name that is, or is below, what the question became turns back into what it was.</summary>
internal sealed record RemapReplyRule(string From, string To) : ReplyRule
{
    public override string Owner(string owner) => Remap(owner);

    public override string Value(string value) => Remap(value);

    private string Remap(string name)
    {
        if (name.Equals(From, StringComparison.OrdinalIgnoreCase))
        {
            return To;
        }

        var start = name.Length - From.Length;
        return start > 0
            && name[start - 1] == '.'
            && name.AsSpan(start).Equals(From, StringComparison.OrdinalIgnoreCase)
            ? name[..start] + To
            : name;
    }
}

/// <summary>answer auto of a suffix rule: the suffixes exchanged.</summary>
internal sealed record SuffixReplyRule(string From, string To) : ReplyRule
{
    public override string Owner(string owner) => Remap(owner);

    public override string Value(string value) => Remap(value);

    private string Remap(string name) =>
        name.EndsWith(From, StringComparison.OrdinalIgnoreCase) ? name[..^From.Length] + To : name;
}

/// <summary>answer name and answer value: as the line says.</summary>
internal sealed record PatternReplyRule(bool IsValue, GoPattern From, string To) : ReplyRule
{
    public override string Owner(string owner) => IsValue ? owner : Replaced(owner);

    public override string Value(string value) => IsValue ? Replaced(value) : value;

    private string Replaced(string name) =>
        From.Regex.Match(name) is { Success: true } found ? GoPattern.Substitute(To, found) : name;
}
