using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>rewrite: changes a query before later steps see it, and changes the reply back.</summary>
public sealed record RewriteConfig : DirectiveConfig
{
    /// <summary>The rules, in the order of the file.</summary>
    public ImmutableArray<RewriteRule> Rules { get; init; } = [];
}
