namespace NodeDns.Corefile.Directives;

/// <summary>Reads exact|prefix|suffix|substring|regex and the text to compare with.</summary>
internal static class NameMatchReader
{
    /// <param name="complete">Appends the final dot if it is missing, as CoreDNS does even for prefixes and
    /// substrings.</param>
    public static NameMatch? Read(DirectiveScope scope, string kindText, string text, bool complete)
    {
        NameMatchKind? kind = kindText.ToLowerInvariant() switch
        {
            "exact" => NameMatchKind.Exact,
            "prefix" => NameMatchKind.Prefix,
            "suffix" => NameMatchKind.Suffix,
            "substring" => NameMatchKind.Substring,
            "regex" => NameMatchKind.Regex,
            _ => null,
        };
        if (kind is null)
        {
            scope.Error(scope.Head, "expected exact, prefix, suffix, substring or regex");
            return null;
        }

        if (kind == NameMatchKind.Regex)
        {
            return scope.Pattern(scope.Head, text) is { } pattern ? new(kind.Value, text, pattern) : null;
        }

        text = text.ToLowerInvariant();
        return new(kind.Value, complete ? Complete(text) : text, null);
    }

    public static string Complete(string text) => text.EndsWith('.') ? text : text + ".";
}
