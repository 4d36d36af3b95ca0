using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>rewrite: the question changed before the later steps see it, the reply changed back.</summary>
public sealed record RewriteConfig : DirectiveConfig
{
    /// <summary>In file order.</summary>
    public ImmutableArray<RewriteRule> Rules { get; init; } = [];
}
