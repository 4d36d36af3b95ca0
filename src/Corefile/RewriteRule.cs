using System.Collections.Immutable;
using NodeDns.Go;

namespace NodeDns.Corefile;

/// <summary>One rewrite rule.</summary>
public abstract record RewriteRule
{
    public SourceLine At { get; init; }

    /// <summary>Go on with the next rule after this one has applied. The default is to stop.</summary>
    public bool Continue { get; init; }
}

/// <summary>name: changes the qname.</summary>
/// <param name="To">The new name, or the new part of the name. With a regex, {0}, {1}… stand for its groups.</param>
/// <param name="AnswerAuto">Owner names and values in the reply are changed back automatically.</param>
public sealed record RewriteNameRule(
    NameMatch Match, string To, bool AnswerAuto, ImmutableArray<RewriteAnswer> Answers) : RewriteRule;

/// <summary>answer name|value: replaces what the pattern matches in owner names, or in names within record
/// data.</summary>
public sealed record RewriteAnswer(RewriteAnswerKind Kind, GoPattern From, string To);

public enum RewriteAnswerKind
{
    Name,
    Value,
}

/// <summary>type: changes the qtype.</summary>
public sealed record RewriteTypeRule(ushort From, ushort To) : RewriteRule;

/// <summary>class: changes the qclass.</summary>
public sealed record RewriteClassRule(ushort From, ushort To) : RewriteRule;

/// <summary>ttl: moves all TTLs of the reply into this range, in seconds.</summary>
public sealed record RewriteTtlRule(NameMatch Match, uint MinTtlSeconds, uint MaxTtlSeconds) : RewriteRule
{
    /// <summary>The largest TTL (RFC 2181 section 8), used as the upper end of an open range.</summary>
    public const uint MaxTtlSecondsOpen = 2147483647;
}

/// <summary>cname: replaces the target of a CNAME in the reply. The new target is then looked up.</summary>
/// <param name="Match">Compared with the target of the CNAME, not with the qname.</param>
public sealed record RewriteCnameRule(NameMatch Match, string To) : RewriteRule;

/// <summary>rcode: changes an rcode of the reply into another.</summary>
public sealed record RewriteRcodeRule(NameMatch Match, ushort From, ushort To) : RewriteRule;

/// <summary>edns0: changes options in the query's OPT record.</summary>
public sealed record RewriteEdns0Rule : RewriteRule
{
    public Edns0OptionKind Kind { get; init; }
    public Edns0Action Action { get; init; }

    /// <summary>The option's code; 3 for nsid, 8 for subnet.</summary>
    public ushort Code { get; init; }

    /// <summary>local: the octets to write, unless <see cref="Variable"/> says where they come from.</summary>
    public ImmutableArray<byte> Data { get; init; } = [];

    public Edns0Variable Variable { get; init; }

    /// <summary>subnet: how many bits of the client's address are passed on.</summary>
    public int Ipv4Bits { get; init; }

    public int Ipv6Bits { get; init; }

    /// <summary>The reply gets the client's own option back, or none if it had none.</summary>
    public bool Revert { get; init; }
}

public enum Edns0OptionKind
{
    Local,

    /// <summary>RFC 5001.</summary>
    Nsid,

    /// <summary>RFC 7871.</summary>
    Subnet,
}

public enum Edns0Action
{
    /// <summary>Write the option, replacing an existing one.</summary>
    Set,

    /// <summary>Add the option.</summary>
    Append,

    /// <summary>Write the option only if there is one already.</summary>
    Replace,
    Unset,
}

/// <summary>The values that an edns0 local option can be filled with.</summary>
public enum Edns0Variable
{
    None,
    Qname,
    Qtype,
    ClientIp,
    ClientPort,
    Protocol,
    ServerIp,
    ServerPort,
}
