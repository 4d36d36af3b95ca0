using NodeDns.Go;

namespace NodeDns.Corefile;

/// <summary>How a rewrite rule compares names, which are lower case with the final dot.</summary>
/// <param name="Text">The text to compare with; for <see cref="NameMatchKind.Regex"/> the pattern as written.</param>
/// <param name="Pattern">Not null only for <see cref="NameMatchKind.Regex"/>.</param>
public sealed record NameMatch(NameMatchKind Kind, string Text, GoPattern? Pattern)
{
    /// <summary>True when the rule applies to the name.</summary>
    public bool Matches(ReadOnlySpan<char> name) => Kind switch
    {
        NameMatchKind.Exact => name.SequenceEqual(Text),
        NameMatchKind.Prefix => name.StartsWith(Text, StringComparison.Ordinal),
        NameMatchKind.Suffix => name.EndsWith(Text, StringComparison.Ordinal),
        NameMatchKind.Substring => name.Contains(Text, StringComparison.Ordinal),
        _ => Pattern!.IsMatch(name),
    };
}

public enum NameMatchKind
{
    Exact,
    Prefix,
    Suffix,
    Substring,
    Regex,
}
