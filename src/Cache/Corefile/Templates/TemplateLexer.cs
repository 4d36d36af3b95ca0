using System.Globalization;
using System.Text;

namespace NodeDns.Cache.Corefile.Templates;

/// <summary>Cuts a template into text and the words of its actions.</summary>
internal sealed class TemplateLexer(string source)
{
    private const string Spaces = " \t\r\n";
    private int _at;
    private bool _trim;

    /// <summary>Why reading stopped; null while all is well.</summary>
    public string? Problem { get; private set; }

    /// <summary>The text up to the next action, its white space trimmed where an action beside it says so, and whether an
    /// action follows; comments are passed over.</summary>
    public (string Text, bool HasAction) Text()
    {
        var text = new StringBuilder();
        while (true)
        {
            var open = source.IndexOf("{{", _at, StringComparison.Ordinal);
            var piece = open < 0 ? source[_at..] : source[_at..open];
            if (_trim)
                piece = piece.TrimStart(Spaces.ToCharArray());
            _trim = false;
            if (open < 0)
                return (text.Append(piece).ToString(), false);
            _at = open + 2;
            if (At("-") && _at + 1 < source.Length && Spaces.Contains(source[_at + 1]))
            {
                piece = piece.TrimEnd(Spaces.ToCharArray());
                _at++;
            }

            text.Append(piece);
            var start = _at;
            SkipSpaces();
            if (!At("/*"))
            {
                _at = start;
                return (text.ToString(), true);
            }

            var end = source.IndexOf("*/", _at + 2, StringComparison.Ordinal);
            _at = end < 0 ? source.Length : end + 2;
            if (end < 0 || Next().Kind != TemplateTokenKind.End)
            {
                Fail("expected }} after a comment");
                return (text.ToString(), false);
            }
        }
    }

    /// <summary>The next word of the action.</summary>
    public TemplateToken Next()
    {
        var spaced = SkipSpaces();
        if (spaced && At("-}}"))
        {
            _trim = true;
            _at++;
        }

        if (At("}}"))
        {
            _at += 2;
            return new(TemplateTokenKind.End, "}}");
        }

        if (_at >= source.Length)
            return Fail("expected }} after {{");
        var c = source[_at];
        return c switch
        {
            '"' or '`' or '\'' => Quoted(c) with { Spaced = spaced },
            '|' or ',' or '(' or ')' or '=' => Sign(1) with { Spaced = spaced },
            ':' when At(":=") => Sign(2) with { Spaced = spaced },
            '$' => new(TemplateTokenKind.Variable, "$" + Name(_at + 1), Spaced: spaced),
            '.' when IsNameStart(_at + 1) => new(TemplateTokenKind.Field, Name(_at + 1), Spaced: spaced),
            '.' when _at + 1 < source.Length && char.IsAsciiDigit(source[_at + 1]) =>
                Fail("expected a name behind the dot; by number: index .Match 1"),
            '.' => Dot(spaced),
            _ when IsNameStart(_at) => Word(spaced),
            _ when char.IsAsciiDigit(c) || c is '+' or '-' => Number() with { Spaced = spaced },
            _ => Fail($"expected no {c} in an action"),
        };
    }

    private TemplateToken Sign(int length)
    {
        _at += length;
        return new(TemplateTokenKind.Sign, source[(_at - length).._at]);
    }

    private TemplateToken Dot(bool spaced)
    {
        _at++;
        return new(TemplateTokenKind.Dot, ".", Spaced: spaced);
    }

    private TemplateToken Word(bool spaced)
    {
        var word = Name(_at);
        return word switch
        {
            "true" or "false" => new(TemplateTokenKind.Literal, word, word == "true", spaced),
            "nil" => new(TemplateTokenKind.Literal, word, null, spaced),
            _ => new(TemplateTokenKind.Word, word, Spaced: spaced),
        };
    }

    private string Name(int start)
    {
        _at = start;
        while (_at < source.Length && (char.IsLetterOrDigit(source[_at]) || source[_at] == '_'))
            _at++;
        if (_at < source.Length && !Spaces.Contains(source[_at]) && !".,|:=()}".Contains(source[_at]))
            Fail($"expected no {source[_at]} after {source[start.._at]}");
        return source[start.._at];
    }

    private bool IsNameStart(int at) => at < source.Length && (char.IsLetter(source[at]) || source[at] == '_');

    private TemplateToken Quoted(char quote)
    {
        var start = _at++;
        var text = new StringBuilder();
        while (_at < source.Length && source[_at] != quote)
        {
            if (quote == '`' || source[_at] != '\\')
                text.Append(source[_at++]);
            else if (!Escape(text))
                return Fail($"expected an escape such as \\n, \\\\ or \\x41, but found {source[start..Math.Min(_at, source.Length)]}");
        }

        if (_at >= source.Length)
            return Fail($"expected {quote} at the end of {source[start..]}");
        _at++;
        if (quote != '\'')
            return new(TemplateTokenKind.Literal, text.ToString(), text.ToString());
        var runes = text.ToString().EnumerateRunes().ToList();
        return runes.Count == 1
            ? new(TemplateTokenKind.Literal, source[start.._at], (object)(Int128)runes[0].Value)
            : Fail($"expected one character in {source[start.._at]}");
    }

    private bool Escape(StringBuilder text)
    {
        var kind = _at + 1 < source.Length ? source[_at + 1] : ' ';
        _at += 2;
        const string Simple = "abfnrtv\\'\"";
        if (Simple.IndexOf(kind, StringComparison.Ordinal) is >= 0 and var simple)
        {
            text.Append("\a\b\f\n\r\t\v\\'\""[simple]);
            return true;
        }

        var digits = kind switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits == 0 || _at + digits > source.Length || !int.TryParse(source.AsSpan(_at, digits),
                NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || !Rune.IsValid(code))
            return false;
        _at += digits;
        text.Append(new Rune(code));
        return true;
    }

    private TemplateToken Number()
    {
        var start = _at++;
        while (_at < source.Length && (char.IsAsciiLetterOrDigit(source[_at]) || source[_at] is '.' or '_'
            || (source[_at] is '+' or '-' && source[_at - 1] is 'e' or 'E')))
            _at++;
        var text = source[start.._at];
        return TemplateNumber.Parse(text) is { } value
            ? new(TemplateTokenKind.Literal, text, value)
            : Fail($"expected a whole number, but found {text}");
    }

    private bool At(string text) => string.CompareOrdinal(source, _at, text, 0, text.Length) == 0;

    private bool SkipSpaces()
    {
        var start = _at;
        while (_at < source.Length && Spaces.Contains(source[_at]))
            _at++;
        return _at > start;
    }

    private TemplateToken Fail(string problem)
    {
        Problem ??= problem;
        _at = source.Length;
        return new(TemplateTokenKind.End, "");
    }
}
