using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace NodeDns.Go;

/// <summary>A regular expression in Go's syntax (RE2), run by .NET's linear-time engine.</summary>
/// <remarks>Groups have Go's numbers: in the order of their opening parenthesis, named or not. .NET would number named
/// groups last.</remarks>
public sealed class GoPattern
{
    /// <summary>CoreDNS refuses longer patterns too.</summary>
    private const int LengthMaximum = 10_000;

    private readonly ImmutableArray<string> _names;

    private GoPattern(string source, Regex regex, ImmutableArray<string> names)
    {
        Source = source;
        Regex = regex;
        _names = names;
    }

    /// <summary>The pattern as written.</summary>
    public string Source { get; }

    /// <summary>The .NET expression. Its groups have the same numbers as the pattern's.</summary>
    public Regex Regex { get; }

    public int GroupCount => _names.Length;

    /// <summary>Matches everything and has no groups.</summary>
    public static GoPattern Anything { get; } = TryParse(".*", out _)!;

    public bool IsMatch(ReadOnlySpan<char> text) => Regex.IsMatch(text);

    /// <summary>The name of a group, which is numbered from 1; empty when it has none.</summary>
    public string GroupName(int number) => _names[number - 1];

    /// <summary>Returns null and the reason for a pattern that Go or .NET's linear-time engine refuses.</summary>
    public static GoPattern? TryParse(string source, out string reason)
    {
        if (source.Length > LengthMaximum)
        {
            reason = $"a pattern of at most {LengthMaximum} characters";
            return null;
        }

        if (GoPatternTranslator.TryTranslate(source, out var text, out var names, out reason))
        {
            try
            {
                reason = "";
                return new(source, new(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant), names);
            }
            catch (ArgumentException)
            {
                reason = "a regular expression in RE2 syntax";
            }
            catch (NotSupportedException)
            {
                reason = "a regular expression without back-references or look-around, of moderate size";
            }
        }

        return null;
    }

    public override string ToString() => Source;

    /// <summary>Replaces {0}, {1}… in the text of a rewrite rule by the groups of a match.</summary>
    public static string Substitute(string text, Match match)
    {
        for (var group = 0; group < match.Groups.Count; group++)
        {
            text = text.Replace($"{{{group}}}", match.Groups[group].Value, StringComparison.Ordinal);
        }

        return text;
    }
}
