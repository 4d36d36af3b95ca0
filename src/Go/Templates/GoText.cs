using System.Globalization;
using System.Text;

namespace NodeDns.Go.Templates;

/// <summary>Formats text as Go's fmt and strconv do.</summary>
internal static class GoText
{
    /// <summary>Limits the width of one value, so that a template cannot produce megabytes.</summary>
    private const int WidthMaximum = 1000;

    /// <summary>Formats as %v does.</summary>
    public static string Of(object? value) => new GoVerb('v', "", null, null).Of(value);

    /// <summary>fmt.Sprint: puts a space between two values if neither is text.</summary>
    public static string Print(IReadOnlyList<object?> values)
    {
        var text = new StringBuilder();
        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0 && values[i] is not string && values[i - 1] is not string)
            {
                text.Append(' ');
            }

            text.Append(Of(values[i]));
        }

        return text.ToString();
    }

    /// <summary>fmt.Sprintf. Values that do not fit the format are reported in the text, as in Go.</summary>
    public static string Format(string format, IReadOnlyList<object?> values)
    {
        var text = new StringBuilder();
        var (next, ordered) = (0, true);
        for (var at = 0; at < format.Length;)
        {
            var percent = format.IndexOf('%', at);
            text.Append(format.AsSpan(at, (percent < 0 ? format.Length : percent) - at));
            if (percent < 0)
            {
                break;
            }

            at = percent + 1;
            var flags = Run(format, ref at, "+-# 0");
            var isGood = true;
            // %[2]*.[1]*[3]d: an index may come before the width, before the precision and before the verb.
            var isIndexed = Index(format, ref at, values.Count, ref next, ref ordered, ref isGood);
            var isValue = at < format.Length && format[at] == '*';
            var width = Size(format, ref at, values, ref next, out var fits);
            if (!fits)
            {
                text.Append("%!(BADWIDTH)");
            }

            if (width < 0)
            {
                (width, flags) = (-width, flags + "-");
            }

            isIndexed &= !isValue;
            isGood &= !isIndexed || width is null;
            int? precision = null;
            if (at < format.Length && format[at] == '.')
            {
                at++;
                isGood &= !isIndexed;
                isIndexed = Index(format, ref at, values.Count, ref next, ref ordered, ref isGood);
                isValue = at < format.Length && format[at] == '*';
                precision = Size(format, ref at, values, ref next, out fits) ?? (isValue ? null : 0);
                if (!fits)
                {
                    text.Append("%!(BADPREC)");
                }

                if (precision < 0)
                {
                    precision = null;
                }

                isIndexed &= !isValue;
            }

            if (!isIndexed)
            {
                Index(format, ref at, values.Count, ref next, ref ordered, ref isGood);
            }

            if (at >= format.Length)
            {
                text.Append("%!(NOVERB)");
                break;
            }

            var letter = format[at++];
            if (letter == '%')
            {
                text.Append('%');
            }
            else if (!isGood)
            {
                text.Append(CultureInfo.InvariantCulture, $"%!{letter}(BADINDEX)");
            }
            else if (next >= values.Count)
            {
                text.Append(CultureInfo.InvariantCulture, $"%!{letter}(MISSING)");
            }
            else
            {
                text.Append(new GoVerb(letter, flags, width, precision).Of(values[next++]));
            }
        }

        return !ordered || next >= values.Count ? text.ToString()
            : text + $"%!(EXTRA {string.Join(", ", values.Skip(next).Select(GoVerb.Typed))})";
    }

    /// <summary>strconv.Quote, with any quote character.</summary>
    public static string Quote(string text, char quote, bool isAscii)
    {
        var quoted = new StringBuilder().Append(quote);
        foreach (var rune in text.EnumerateRunes())
        {
            const string Named = "\a\b\f\n\r\t\v";
            if (rune.Value == quote || rune.Value == '\\')
            {
                quoted.Append('\\').Append((char)rune.Value);
            }
            else if (IsPrint(rune) && (rune.IsAscii || !isAscii))
            {
                quoted.Append(rune.ToString());
            }
            else if (rune.IsAscii && Named.IndexOf((char)rune.Value, StringComparison.Ordinal) is >= 0 and var name)
            {
                quoted.Append('\\').Append("abfnrtv"[name]);
            }
            else
            {
                quoted.Append(CultureInfo.InvariantCulture, $"\\{Hex(rune)}");
            }
        }

        return quoted.Append(quote).ToString();

        static string Hex(Rune rune) => rune.Value switch
        {
            < 0x80 => $"x{rune.Value:x2}",
            < 0x10000 => $"u{rune.Value:x4}",
            _ => $"U{rune.Value:x8}",
        };
    }

    /// <summary>template.HTMLEscapeString.</summary>
    public static string Html(string text) => Replaced(text, rune => rune.Value switch
    {
        '\0' => "\uFFFD",
        '"' => "&#34;",
        '\'' => "&#39;",
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        _ => null,
    });

    /// <summary>template.JSEscapeString.</summary>
    public static string JavaScript(string text) => Replaced(text, rune => rune.Value switch
    {
        '\\' or '\'' or '"' => $"\\{rune}",
        '<' or '>' or '&' or '=' or < ' ' => $"\\u{rune.Value:X4}",
        > 0x7F when !IsPrint(rune) => $"\\u{rune.Value:X4}",
        _ => null,
    });

    /// <summary>url.QueryEscape.</summary>
    public static string UrlQuery(string text)
    {
        var query = new StringBuilder();
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)octet) || "-_.~".Contains((char)octet))
            {
                query.Append((char)octet);
            }
            else
            {
                query.Append(octet == ' ' ? "+" : $"%{octet:X2}");
            }
        }

        return query.ToString();
    }

    private static string Replaced(string text, Func<Rune, string?> by)
    {
        var replaced = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            replaced.Append(by(rune) ?? rune.ToString());
        }

        return replaced.ToString();
    }

    /// <summary>unicode.IsPrint: visible characters and the space.</summary>
    private static bool IsPrint(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator);

    /// <summary>Parses [2], the index of the next value, counted from 1.</summary>
    /// <returns>true when there was an index.</returns>
    private static bool Index(string format, ref int at, int count, ref int next, ref bool ordered, ref bool isGood)
    {
        if (at >= format.Length || format[at] != '[')
        {
            return false;
        }

        ordered = false;
        var end = format.IndexOf(']', at);
        var isNumber = int.TryParse(
            format.AsSpan(at + 1, Math.Max(end - at - 1, 0)), NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        at = end < 0 ? at + 1 : end + 1;
        if (isNumber && number > 0 && number <= count)
        {
            next = number - 1;
        }
        else
        {
            isGood = false;
        }

        return isNumber;
    }

    /// <summary>Parses a width or precision: digits, or * for the next value.</summary>
    private static int? Size(string format, ref int at, IReadOnlyList<object?> values, ref int next, out bool fits)
    {
        fits = true;
        if (at < format.Length && format[at] == '*')
        {
            at++;
            fits = next < values.Count && values[next] is Int128 size && Int128.Abs(size) <= WidthMaximum;
            next = Math.Min(next + 1, values.Count);
            return fits ? (int)(Int128)values[next - 1]! : null;
        }

        var digits = Run(format, ref at, "0123456789");
        if (digits.Length == 0)
        {
            return null;
        }

        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Math.Min(number, WidthMaximum) : WidthMaximum;
    }

    private static string Run(string format, ref int at, string of)
    {
        var start = at;
        while (at < format.Length && of.Contains(format[at]))
        {
            at++;
        }

        return format[start..at];
    }
}
