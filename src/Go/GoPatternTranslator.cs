using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace NodeDns.Go;

/// <summary>Translates RE2 syntax to .NET's where the two differ.</summary>
internal ref struct GoPatternTranslator
{
    /// <summary>RE2's limit for {n,m}.</summary>
    private const int RepeatMaximum = 1000;

    private readonly string _source;
    private readonly StringBuilder _out = new();
    private readonly ImmutableArray<string>.Builder _names = ImmutableArray.CreateBuilder<string>();
    private int _at;
    private string? _reason;

    private GoPatternTranslator(string source) => _source = source;

    /// <summary><paramref name="names"/> gets one entry for each capturing group; "" for a group without a
    /// name.</summary>
    public static bool TryTranslate(string source, out string text, out ImmutableArray<string> names, out string reason)
    {
        var translator = new GoPatternTranslator(source);
        while (translator._reason is null && translator._at < source.Length)
        {
            translator.One();
        }

        text = translator._out.ToString();
        names = translator._names.ToImmutable();
        reason = translator._reason ?? "";
        return translator._reason is null;
    }

    private void One()
    {
        var c = _source[_at];
        switch (c)
        {
            case '\\':
                Escape(inClass: false);
                break;
            case '[':
                Class();
                break;
            case '(':
                Group();
                break;
            case '$':
                // Go's $ matches only the end of the text; .NET's also matches before a final line feed.
                _out.Append(@"\z");
                _at++;
                break;
            case '{':
                Repeat();
                break;
            default:
                _out.Append(c);
                _at++;
                break;
        }
    }

    private void Repeat()
    {
        var end = _source.IndexOf('}', _at);
        var inside = end < 0 ? "" : _source[(_at + 1)..end];
        foreach (var part in inside.Split(','))
        {
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > RepeatMaximum)
            {
                _reason = $"repetitions of at most {RepeatMaximum}";
            }
        }

        _out.Append('{');
        _at++;
    }

    private void Group()
    {
        var rest = _source.AsSpan(_at);
        if (!rest.StartsWith("(?"))
        {
            _names.Add("");
            _out.Append('(');
            _at++;
            return;
        }

        var prefix = rest.StartsWith("(?P<") ? 4 : rest.StartsWith("(?<") ? 3 : 0;
        if (prefix > 0 && rest.Length > prefix && rest[prefix] is not ('=' or '!'))
        {
            var end = rest.IndexOf('>');
            if (end < 0)
            {
                _reason = "a closing > after the group's name";
                return;
            }

            var name = rest[prefix..end].ToString();
            if (name.Length == 0 || !name.All(ch => char.IsAsciiLetterOrDigit(ch) || ch == '_') || _names.Contains(name))
            {
                _reason = "a group name of letters, digits and _, used once";
                return;
            }

            _names.Add(name);
            _out.Append('(');
            _at += end + 1;
            return;
        }

        // The flags i, m and s, and their negation, mean the same in both.
        var flags = 2;
        while (flags < rest.Length && rest[flags] is 'i' or 'm' or 's' or '-')
        {
            flags++;
        }

        if (flags >= rest.Length || rest[flags] is not (':' or ')'))
        {
            _reason = "groups (…), (?:…), (?P<name>…) and the flags i, m, s only";
            return;
        }

        _out.Append(rest[..(flags + 1)]);
        _at += flags + 1;
    }

    private void Class()
    {
        _out.Append('[');
        _at++;
        if (_at < _source.Length && _source[_at] == '^')
        {
            _out.Append('^');
            _at++;
        }

        var first = true;
        while (_reason is null)
        {
            if (_at >= _source.Length)
            {
                _reason = "a closing ]";
                return;
            }

            var c = _source[_at];
            if (c == ']' && !first)
            {
                _out.Append(']');
                _at++;
                return;
            }

            first = false;
            if (c == '\\')
            {
                Escape(inClass: true);
            }
            else if (_source.AsSpan(_at).StartsWith("[:"))
            {
                Posix();
            }
            else
            {
                // In .NET a bracket inside a class would start a subtraction.
                if (c is '[' or ']')
                {
                    _out.Append('\\');
                }

                _out.Append(c);
                _at++;
            }
        }
    }

    private void Posix()
    {
        var end = _source.IndexOf(":]", _at, StringComparison.Ordinal);
        var ranges = end < 0 ? null : _source[(_at + 2)..end] switch
        {
            "alnum" => "0-9A-Za-z",
            "alpha" => "A-Za-z",
            "ascii" => @"\x00-\x7F",
            "blank" => @"\t ",
            "cntrl" => @"\x00-\x1F\x7F",
            "digit" => "0-9",
            "graph" => "!-~",
            "lower" => "a-z",
            "print" => " -~",
            "punct" => @"!-/:-@\[-`{-~",
            "space" => @"\t\n\v\f\r ",
            "upper" => "A-Z",
            "word" => "0-9A-Za-z_",
            "xdigit" => "0-9A-Fa-f",
            _ => null,
        };
        if (ranges is null)
        {
            _reason = "a class such as [:alpha:] or [:digit:]";
            return;
        }

        _out.Append(ranges);
        _at = end + 2;
    }

    private void Escape(bool inClass)
    {
        if (_at + 1 >= _source.Length)
        {
            _reason = "a character after the last \\";
            return;
        }

        var c = _source[_at + 1];
        _at += 2;
        switch (c)
        {
            // These are ASCII in Go and Unicode in .NET.
            case 'd':
                _out.Append(inClass ? "0-9" : "[0-9]");
                break;
            case 'w':
                _out.Append(inClass ? "0-9A-Za-z_" : "[0-9A-Za-z_]");
                break;
            case 's':
                _out.Append(inClass ? @"\t\n\f\r " : @"[\t\n\f\r ]");
                break;
            case 'D' when !inClass:
                _out.Append("[^0-9]");
                break;
            case 'W' when !inClass:
                _out.Append("[^0-9A-Za-z_]");
                break;
            case 'S' when !inClass:
                _out.Append(@"[^\t\n\f\r ]");
                break;
            case 'Q' when !inClass:
                var end = _source.IndexOf(@"\E", _at, StringComparison.Ordinal);
                var literal = end < 0 ? _source[_at..] : _source[_at..end];
                _out.Append(Regex.Escape(literal));
                _at = end < 0 ? _source.Length : end + 2;
                break;
            case 'p' or 'P' when _at < _source.Length && _source[_at] != '{':
                _out.Append('\\').Append(c).Append('{').Append(_source[_at]).Append('}');
                _at++;
                break;
            case 'x' when _at < _source.Length && _source[_at] == '{':
                CodePoint();
                break;
            case >= '1' and <= '9' or 'k' or 'G' or 'Z' or 'C' or 'c' or 'e' or 'u':
                _reason = "an escape that RE2 knows";
                break;
            default:
                _out.Append('\\').Append(c);
                break;
        }
    }

    private void CodePoint()
    {
        var end = _source.IndexOf('}', _at);
        if (end > 0 && int.TryParse(_source.AsSpan(_at + 1, end - _at - 1), NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out var value) && value is >= 0 and < 0xD800)
        {
            _out.Append(CultureInfo.InvariantCulture, $@"\u{value:X4}");
            _at = end + 1;
            return;
        }

        _reason = "a code point such as \\x{2F}";
    }
}
