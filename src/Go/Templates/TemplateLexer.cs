using System.Text;

namespace NodeDns.Go.Templates;

/// <summary>Splits a template into text and the tokens of its actions.</summary>
internal sealed class TemplateLexer(string source)
{
    private const string Spaces = " \t\r\n";
    private int _at;
    private bool _trim;

    /// <summary>Why parsing stopped; null when there is no problem.</summary>
    public string? Problem { get; private set; }

    /// <summary>Returns the text before the next action, and whether there is an action. White space is trimmed where
    /// the neighbouring action asks for it; comments are skipped.</summary>
    public (string Text, bool HasAction) Text()
    {
        var text = new StringBuilder();
        while (true)
        {
            var open = source.IndexOf("{{", _at, StringComparison.Ordinal);
            var piece = open < 0 ? source[_at..] : source[_at..open];
            if (_trim)
            {
                piece = piece.TrimStart(Spaces.ToCharArray());
            }

            _trim = false;
            if (open < 0)
            {
                return (text.Append(piece).ToString(), false);
            }

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

    /// <summary>Returns the next token of the action.</summary>
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
        {
            return Fail("expected }} after {{");
        }

        var c = source[_at];
        return c switch
        {
            '"' or '`' or '\'' => Quoted(c) with { Spaced = spaced },
            '|' or ',' or '(' or ')' or '=' => Sign(1) with { Spaced = spaced },
            ':' when At(":=") => Sign(2) with { Spaced = spaced },
            '$' => new(TemplateTokenKind.Variable, "$" + Name(_at + 1), Spaced: spaced),
            '.' when IsNameStart(_at + 1) => new(TemplateTokenKind.Field, Name(_at + 1), Spaced: spaced),
            '.' when _at + 1 < source.Length && char.IsAsciiDigit(source[_at + 1]) =>
                char.IsAsciiLetterOrDigit(source[_at - 1]) || source[_at - 1] is '_' or ')'
                    ? Fail("expected a name behind the dot; by number: index .Match 1")
                    : Number() with { Spaced = spaced },
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
        {
            _at++;
        }

        if (_at < source.Length && !Spaces.Contains(source[_at]) && !".,|:=()}".Contains(source[_at]))
        {
            Fail($"expected no {source[_at]} after {source[start.._at]}");
        }

        return source[start.._at];
    }

    private bool IsNameStart(int at) => at < source.Length && (char.IsLetter(source[at]) || source[at] == '_');

    private TemplateToken Quoted(char quote)
    {
        var start = _at++;
        // Collect octets, because one escape may be only a part of a character.
        var text = new List<byte>();
        var character = -1;
        while (_at < source.Length && source[_at] != quote)
        {
            var from = _at;
            if (quote != '`' && source[_at] == '\\')
            {
                if (!Escape(out var code, out var isOctet))
                {
                    return Fail("expected an escape such as \\n, \\\\ or \\x41, but found "
                        + source[start..Math.Min(_at, source.Length)]);
                }

                character = code;
                text.AddRange(isOctet && quote == '"' ? [(byte)code] : Encoding.UTF8.GetBytes(new Rune(code).ToString()));
            }
            else if (Rune.TryGetRuneAt(source, _at, out var rune))
            {
                character = rune.Value;
                _at += rune.Utf16SequenceLength;
                text.AddRange(Encoding.UTF8.GetBytes(source[from.._at]));
            }
            else
            {
                _at++;
            }
        }

        if (_at >= source.Length)
        {
            return Fail($"expected {quote} at the end of {source[start..]}");
        }

        _at++;
        var value = Encoding.UTF8.GetString([.. text]);
        if (quote != '\'')
        {
            return new(TemplateTokenKind.Literal, value, value);
        }

        return value.Length > 0 && Rune.TryGetRuneAt(value, 0, out var only) && only.Utf16SequenceLength == value.Length
            ? new(TemplateTokenKind.Literal, source[start.._at], (object)(Int128)character)
            : Fail($"expected one character in {source[start.._at]}");
    }

    /// <summary>Parses an escape sequence. <paramref name="isOctet"/> is set for an octet given by its
    /// number.</summary>
    private bool Escape(out int code, out bool isOctet)
    {
        var kind = _at + 1 < source.Length ? source[_at + 1] : ' ';
        const string Simple = "abfnrtv\\'\"";
        isOctet = kind is 'x' or (>= '0' and <= '7');
        _at += isOctet && kind != 'x' ? 1 : 2;
        if (Simple.IndexOf(kind, StringComparison.Ordinal) is >= 0 and var simple)
        {
            code = "\a\b\f\n\r\t\v\\'\""[simple];
            return true;
        }

        var (digits, radix) = kind switch { 'x' => (2, 16u), 'u' => (4, 16u), 'U' => (8, 16u), _ => (3, 8u) };
        code = 0;
        if ((!isOctet && kind is not ('u' or 'U')) || _at + digits > source.Length
            || !GoNumber.TryDigits(source.Substring(_at, digits), radix, out var number)
            || number > (isOctet ? byte.MaxValue : 0x10FFFFu) || !Rune.IsValid((int)number))
        {
            return false;
        }

        _at += digits;
        code = (int)number;
        return true;
    }

    private TemplateToken Number()
    {
        var start = _at;
        var first = Numeral();
        var second = first is not ['i'] && _at < source.Length && source[_at] is '+' or '-' ? Numeral() : "";
        var value = (first, second) switch
        {
            ([.. var imaginary, 'i'], "") => TemplateNumber.Complex("0", imaginary),
            (_, "") => TemplateNumber.Parse(first),
            (_, [.. var imaginary, 'i']) => TemplateNumber.Complex(first, imaginary),
            _ => null,
        };
        return value is not null
            ? new(TemplateTokenKind.Literal, source[start.._at], value)
            : Fail($"expected a number, but found {source[start.._at]}");
    }

    /// <summary>Reads everything that could be a number, including its sign. 1e-3 is one number, 1+2i is two.</summary>
    private string Numeral()
    {
        var start = _at;
        if (source[_at] is '+' or '-')
        {
            _at++;
        }

        var exponent = _at + 1 < source.Length && source[_at] == '0' && source[_at + 1] is 'x' or 'X' ? "pP" : "eE";
        while (_at < source.Length && (char.IsAsciiLetterOrDigit(source[_at]) || source[_at] is '.' or '_'
            || (source[_at] is '+' or '-' && exponent.Contains(source[_at - 1]))))
        {
            _at++;
        }

        return source[start.._at];
    }

    private bool At(string text) => string.CompareOrdinal(source, _at, text, 0, text.Length) == 0;

    private bool SkipSpaces()
    {
        var start = _at;
        while (_at < source.Length && Spaces.Contains(source[_at]))
        {
            _at++;
        }

        return _at > start;
    }

    private TemplateToken Fail(string problem)
    {
        Problem ??= problem;
        _at = source.Length;
        return new(TemplateTokenKind.End, "");
    }
}
