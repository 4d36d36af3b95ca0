using System.Collections.Immutable;

namespace NodeDns.Cache.Corefile;

/// <summary>rewrite: the question changed before the later steps see it, the reply changed back.</summary>
public sealed record RewriteConfig : DirectiveConfig
{
    /// <summary>Longer patterns are refused, as in CoreDNS.</summary>
    public const int PatternLengthMaximum = 10_000;

    /// <summary>In file order.</summary>
    public ImmutableArray<RewriteRule> Rules { get; init; } = [];
}
