using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Corefile;

/// <summary>acl: which clients may ask for what. The first matching policy decides; without one the query is
/// allowed.</summary>
public sealed record AclConfig : DirectiveConfig
{
    public ImmutableArray<AclRule> Rules { get; init; } = [];
}

/// <summary>One acl line: policies for a set of zones.</summary>
public sealed record AclRule(ImmutableArray<string> Zones, ImmutableArray<AclPolicy> Policies);

/// <param name="Action">What to do with a query that matches.</param>
/// <param name="Qtypes">The query types; empty for all.</param>
/// <param name="Networks">The client networks; empty for all clients.</param>
public sealed record AclPolicy(AclAction Action, ImmutableArray<ushort> Qtypes, ImmutableArray<IPNetwork> Networks);

public enum AclAction
{
    Allow,

    /// <summary>Reply with REFUSED.</summary>
    Block,

    /// <summary>Reply with NOERROR and no records.</summary>
    Filter,

    /// <summary>Do not reply.</summary>
    Drop,
}
