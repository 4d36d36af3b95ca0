using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace NodeDns.Go;

/// <summary>A regular expression as Go writes them (RE2), run by .NET's linear-time engine.</summary>
/// <remarks>Groups keep Go's numbers: by their opening parenthesis, named or not. .NET would number named groups last.
/// </remarks>
public sealed class GoPattern
{
    /// <summary>Longer patterns are refused, as in CoreDNS.</summary>
    private const int LengthMaximum = 10_000;

    private readonly ImmutableArray<string> _names;

    private GoPattern(string source, Regex regex, ImmutableArray<string> names)
    {
        Source = source;
        Regex = regex;
        _names = names;
    }

    /// <summary>As written.</summary>
    public string Source { get; }

    /// <summary>Group n of a match of this is group n of the pattern.</summary>
    public Regex Regex { get; }

    public int GroupCount => _names.Length;

    /// <summary>Matches anything, with no groups.</summary>
    public static GoPattern Anything { get; } = TryParse(".*", out _)!;

    public bool IsMatch(ReadOnlySpan<char> text) => Regex.IsMatch(text);

    /// <summary>The name of a group, by its number from 1; empty when it has none.</summary>
    public string GroupName(int number) => _names[number - 1];

    /// <summary>null, with the reason, for a pattern that Go or the linear-time engine would refuse.</summary>
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

    /// <summary>Replaces {0}, {1}… of a rewrite's text by the groups of a match.</summary>
    public static string Substitute(string text, Match match)
    {
        for (var group = 0; group < match.Groups.Count; group++)
        {
            text = text.Replace($"{{{group}}}", match.Groups[group].Value, StringComparison.Ordinal);
        }

        return text;
    }
}
