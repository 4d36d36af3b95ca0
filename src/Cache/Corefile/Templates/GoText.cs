using System.Globalization;
using System.Text;

namespace NodeDns.Cache.Corefile.Templates;

/// <summary>Values as Go's fmt prints them.</summary>
internal static class GoText
{
    /// <summary>As %v does.</summary>
    public static string Of(object? value) => value switch
    {
        null => "<nil>",
        string text => text,
        bool truth => truth ? "true" : "false",
        Int128 number => number.ToString(CultureInfo.InvariantCulture),
        IReadOnlyList<object?> list => $"[{string.Join(' ', list.Select(Of))}]",
        IReadOnlyDictionary<string, string> map => $"map[{string.Join(' ', map.Select(pair => $"{pair.Key}:{pair.Value}"))}]",
        _ => value.ToString()!,
    };

    /// <summary>fmt.Sprint: a space between two values of which neither is text.</summary>
    public static string Print(IReadOnlyList<object?> values)
    {
        var text = new StringBuilder();
        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0 && values[i] is not string && values[i - 1] is not string)
                text.Append(' ');
            text.Append(Of(values[i]));
        }

        return text.ToString();
    }

    /// <summary>fmt.Sprintf with the verbs v, s, d, x, X, o, b, c, q, t, their flags, width and precision. What does not
    /// fit is said in the text, as Go does.</summary>
    public static string Format(string format, IReadOnlyList<object?> values)
    {
        var text = new StringBuilder();
        var used = 0;
        for (var at = 0; at < format.Length; at++)
        {
            if (format[at] != '%')
            {
                text.Append(format[at]);
                continue;
            }

            var flags = Run(format, ref at, c => "+-# 0".Contains(c));
            var width = Run(format, ref at, char.IsAsciiDigit);
            string? precision = null;
            if (at + 1 < format.Length && format[at + 1] == '.')
            {
                at++;
                precision = Run(format, ref at, char.IsAsciiDigit);
            }

            if (++at >= format.Length)
                text.Append("%!(NOVERB)");
            else if (format[at] == '%')
                text.Append('%');
            else if (used >= values.Count)
                text.Append(CultureInfo.InvariantCulture, $"%!{format[at]}(MISSING)");
            else
                text.Append(Padded(Verb(format[at], flags, Number(precision), values[used]), flags, Number(width), values[used++]));
        }

        return used >= values.Count ? text.ToString()
            : text + $"%!(EXTRA {string.Join(", ", values.Skip(used).Select(Typed))})";
    }

    private static string Verb(char verb, string flags, int? precision, object? value)
    {
        var text = (verb, value) switch
        {
            ('v', _) => Of(value),
            ('s', string s) => precision is { } most && most < s.Length ? s[..most] : s,
            ('s', IReadOnlyList<object?> or IReadOnlyDictionary<string, string>) => Of(value),
            ('q', string s) => $"\"{s.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
            ('t', bool) => Of(value),
            ('c', Int128 code) when code >= 0 && Rune.IsValid((int)Int128.Min(code, int.MaxValue)) => new Rune((int)code).ToString(),
            ('x', string s) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(s)),
            ('X', string s) => Convert.ToHexString(Encoding.UTF8.GetBytes(s)),
            ('d' or 'x' or 'X' or 'o' or 'b', Int128 number) => Whole(verb, flags, precision, number),
            _ => null,
        };
        return text ?? $"%!{verb}({Typed(value)})";
    }

    private static string Whole(char verb, string flags, int? precision, Int128 number)
    {
        var radix = verb switch { 'o' => 8, 'b' => 2, 'd' => 10, _ => 16 };
        var digits = new StringBuilder();
        for (var left = Int128.Abs(number); left > 0 || digits.Length == 0; left /= radix)
            digits.Insert(0, "0123456789abcdef"[(int)(left % radix)]);
        var body = (verb == 'X' ? digits.ToString().ToUpperInvariant() : digits.ToString()).PadLeft(precision ?? 0, '0');
        var prefix = !flags.Contains('#') ? "" : verb switch { 'x' => "0x", 'X' => "0X", 'o' => "0", 'b' => "0b", _ => "" };
        var sign = number < 0 ? "-" : flags.Contains('+') ? "+" : flags.Contains(' ') ? " " : "";
        return sign + prefix + body;
    }

    private static string Padded(string text, string flags, int? width, object? value)
    {
        if (width is not { } least || text.Length >= least)
            return text;
        if (flags.Contains('-'))
            return text.PadRight(least);
        if (!flags.Contains('0'))
            return text.PadLeft(least);
        var sign = value is Int128 && text[0] is '-' or '+' or ' ' ? 1 : 0;
        return text[..sign] + text[sign..].PadLeft(least - sign, '0');
    }

    private static string Typed(object? value) => value switch
    {
        string => $"string={value}",
        bool => $"bool={Of(value)}",
        Int128 => $"int={Of(value)}",
        IReadOnlyList<object?> => $"[]string={Of(value)}",
        _ => Of(value),
    };

    private static string Run(string format, ref int at, Func<char, bool> belongs)
    {
        var start = at + 1;
        while (at + 1 < format.Length && belongs(format[at + 1]))
            at++;
        return format[start..(at + 1)];
    }

    /// <summary>Bounded: a width is a line's, not a megabyte.</summary>
    private static int? Number(string? digits) => string.IsNullOrEmpty(digits)
        ? digits is null ? null : 0
        : int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, 1000) : 1000;
}
