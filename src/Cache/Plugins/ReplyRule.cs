using NodeDns.Dns.Wire;
using NodeDns.Go;

namespace NodeDns.Cache.Plugins;

/// <summary>One change to a reply whose question was rewritten.</summary>
internal abstract record ReplyRule
{
    public virtual string Owner(string owner) => owner;

    /// <summary>Changes a name inside record data: the first name of an SOA, or the only name of other types.</summary>
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

/// <summary>answer auto: changes a name that is the rewritten question's name, or is below it, back.</summary>
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

/// <summary>answer auto of a suffix rule: replaces the new suffix by the old one.</summary>
internal sealed record SuffixReplyRule(string From, string To) : ReplyRule
{
    public override string Owner(string owner) => Remap(owner);

    public override string Value(string value) => Remap(value);

    private string Remap(string name) =>
        name.EndsWith(From, StringComparison.OrdinalIgnoreCase) ? name[..^From.Length] + To : name;
}

/// <summary>answer name and answer value: applies the pattern in the Corefile.</summary>
internal sealed record PatternReplyRule(bool IsValue, GoPattern From, string To) : ReplyRule
{
    public override string Owner(string owner) => IsValue ? owner : Replaced(owner);

    public override string Value(string value) => IsValue ? Replaced(value) : value;

    private string Replaced(string name) =>
        From.Regex.Match(name) is { Success: true } found ? GoPattern.Substitute(To, found) : name;
}
