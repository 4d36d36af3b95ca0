using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Corefile;

/// <summary>acl: who may ask for what. The first policy that matches decides; none means allow.</summary>
public sealed record AclConfig : DirectiveConfig
{
    public ImmutableArray<AclRule> Rules { get; init; } = [];
}

/// <summary>One acl line: policies for a set of zones.</summary>
public sealed record AclRule(ImmutableArray<string> Zones, ImmutableArray<AclPolicy> Policies);

/// <param name="Action">What happens on a match.</param>
/// <param name="Qtypes">Empty: every type.</param>
/// <param name="Networks">Client networks. Empty: every client.</param>
public sealed record AclPolicy(AclAction Action, ImmutableArray<ushort> Qtypes, ImmutableArray<IPNetwork> Networks);

public enum AclAction
{
    Allow,

    /// <summary>REFUSED.</summary>
    Block,

    /// <summary>NOERROR without records.</summary>
    Filter,

    /// <summary>No reply at all.</summary>
    Drop,
}
