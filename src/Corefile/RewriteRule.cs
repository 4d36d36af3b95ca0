using System.Collections.Immutable;
using NodeDns.Go;

namespace NodeDns.Corefile;

/// <summary>One rewrite line.</summary>
public abstract record RewriteRule
{
    public SourceLine At { get; init; }

    /// <summary>False, the default, ends the rules when this one applied.</summary>
    public bool Continue { get; init; }
}

/// <summary>name: another qname.</summary>
/// <param name="To">The new name, or the new part of it. With a regex, {0}, {1}… stand for its groups.</param>
/// <param name="AnswerAuto">Owner names and values in the reply are changed back by themselves.</param>
public sealed record RewriteNameRule(
    NameMatch Match, string To, bool AnswerAuto, ImmutableArray<RewriteAnswer> Answers) : RewriteRule;

/// <summary>answer name|value: what the pattern finds in owner names, or in names within record data, is replaced.</summary>
public sealed record RewriteAnswer(RewriteAnswerKind Kind, GoPattern From, string To);

public enum RewriteAnswerKind
{
    Name,
    Value,
}

/// <summary>type: another qtype.</summary>
public sealed record RewriteTypeRule(ushort From, ushort To) : RewriteRule;

/// <summary>class: another qclass.</summary>
public sealed record RewriteClassRule(ushort From, ushort To) : RewriteRule;

/// <summary>ttl: every TTL of the reply moved into a range, in seconds.</summary>
public sealed record RewriteTtlRule(NameMatch Match, uint MinTtlSeconds, uint MaxTtlSeconds) : RewriteRule
{
    /// <summary>RFC 2181 section 8; also the upper end of an open range.</summary>
    public const uint MaxTtlSecondsOpen = 2147483647;
}

/// <summary>cname: a CNAME in the reply that points to one name is made to point to another, which is looked up.</summary>
/// <param name="Match">Compared with the CNAME's target, not with the question.</param>
public sealed record RewriteCnameRule(NameMatch Match, string To) : RewriteRule;

/// <summary>rcode: one rcode of the reply becomes another.</summary>
public sealed record RewriteRcodeRule(NameMatch Match, ushort From, ushort To) : RewriteRule;

/// <summary>edns0: options of the question's OPT record.</summary>
public sealed record RewriteEdns0Rule : RewriteRule
{
    public Edns0OptionKind Kind { get; init; }
    public Edns0Action Action { get; init; }

    /// <summary>The option's code; 3 for nsid, 8 for subnet.</summary>
    public ushort Code { get; init; }

    /// <summary>local: the bytes to write, unless <see cref="Variable"/> says where to take them from.</summary>
    public ImmutableArray<byte> Data { get; init; } = [];

    public Edns0Variable Variable { get; init; }

    /// <summary>subnet: bits of the client's address that are passed on.</summary>
    public int Ipv4Bits { get; init; }

    public int Ipv6Bits { get; init; }

    /// <summary>The option is taken out of the reply, or set to the client's own, on the way back.</summary>
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
    /// <summary>Written whether or not it is there.</summary>
    Set,

    /// <summary>Added.</summary>
    Append,

    /// <summary>Written only where it is there.</summary>
    Replace,
    Unset,
}

/// <summary>What an edns0 local option can be filled with.</summary>
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
