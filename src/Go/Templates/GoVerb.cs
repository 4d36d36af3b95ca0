using System.Text;

namespace NodeDns.Go.Templates;

/// <summary>One verb of a format, as in Go's fmt: <c>%-5.2f</c>.</summary>
/// <param name="Flags">Any of <c>+ - # 0</c> and the space.</param>
internal readonly record struct GoVerb(char Letter, string Flags, int? Width, int? Precision)
{
    /// <summary>The value, preceded by its Go type.</summary>
    public static string Typed(object? value) => value is null ? "<nil>" : $"{TypeOf(value)}={GoText.Of(value)}";

    public string Of(object? value) => Letter == 'T' ? Text(TypeOf(value)) : (value, Letter) switch
    {
        (null, 'v') => Padded("<nil>"),
        (IReadOnlyList<object?> list, _) => List(list),
        (IReadOnlyDictionary<string, string> map, _) => Map(map),
        (bool truth, 't' or 'v') => Padded(truth ? "true" : "false"),
        (string text, 'v' or 's' or 'q' or 'x' or 'X') => Text(text),
        (Int128 number, 'v' or 'd' or 'b' or 'o' or 'O' or 'x' or 'X' or 'c' or 'q' or 'U') => Whole(number),
        (double number, 'v' or 'b' or 'g' or 'G' or 'x' or 'X' or 'f' or 'F' or 'e' or 'E') => Float(number),
        (GoComplex number, 'v' or 'b' or 'g' or 'G' or 'x' or 'X' or 'f' or 'F' or 'e' or 'E') =>
            $"({Float(number.Real)}{(this with { Flags = Plain + "+" }).Signed(number.Imaginary)}i)",
        (null, _) => $"%!{Letter}(<nil>)",
        // Only for error messages: these values have no text.
        (TemplateData, _) => $".{value}",
        _ => $"%!{Letter}({TypeOf(value)}={(this with { Letter = 'v' }).Of(value)})",
    };

    /// <summary>True for %#v, which formats values as Go source code; %+v is the same as %v.</summary>
    private bool IsSource => Letter == 'v' && Has('#');

    private string Plain => Letter == 'v' ? Flags.Replace("+", "", StringComparison.Ordinal) : Flags;

    private bool Has(char flag) => Flags.Contains(flag);

    private static string TypeOf(object? value) => value switch
    {
        null => "<nil>",
        string => "string",
        bool => "bool",
        Int128 => "int",
        double => "float64",
        GoComplex => "complex128",
        IReadOnlyList<object?> => "[]string",
        _ => "map[string]string",
    };

    private string List(IReadOnlyList<object?> list) => IsSource
        ? $"[]string{{{string.Join(", ", list.Select(Of))}}}"
        : $"[{string.Join(' ', list.Select(Of))}]";

    private string Map(IReadOnlyDictionary<string, string> map)
    {
        var of = Of;
        var pairs = map.Select(pair => $"{of(pair.Key)}:{of(pair.Value)}");
        return IsSource ? $"map[string]string{{{string.Join(", ", pairs)}}}" : $"map[{string.Join(' ', pairs)}]";
    }

    private string Text(string text)
    {
        if (Letter is 'x' or 'X')
        {
            return Padded(Hex(Encoding.UTF8.GetBytes(text)));
        }

        text = Precision is { } most ? text[..Length(text, most)] : text;
        if (Letter != 'q' && !IsSource)
        {
            return Padded(text);
        }

        return Padded(Letter == 'q' && Has('#') && !text.Any(c => c is '`' or '\x7F' || (char.IsControl(c) && c != '\t'))
            ? $"`{text}`" : GoText.Quote(text, '"', isAscii: Letter == 'q' && Has('+')));
    }

    private string Hex(byte[] octets)
    {
        var digits = Convert.ToHexString(octets.AsSpan(0, Math.Min(Precision ?? octets.Length, octets.Length)));
        if (Letter == 'x')
        {
            digits = digits.ToLowerInvariant();
        }

        var text = new StringBuilder();
        for (var i = 0; i < digits.Length; i += 2)
        {
            if (Has('#') && (i == 0 || Has(' ')))
            {
                text.Append(i > 0 ? " 0" : "0").Append(Letter);
            }
            else if (Has(' ') && i > 0)
            {
                text.Append(' ');
            }

            text.Append(digits, i, 2);
        }

        return text.ToString();
    }

    private string Whole(Int128 number)
    {
        var rune = number >= 0 && number <= int.MaxValue && Rune.TryCreate((int)number, out var valid)
            ? valid : Rune.ReplacementChar;
        switch (Letter)
        {
            case 'c':
                return Padded(rune.ToString());
            case 'q':
                return Padded(GoText.Quote(rune.ToString(), '\'', isAscii: Has('+')));
            case 'U':
                return Blank($"U+{Digits(number, 16).ToUpperInvariant().PadLeft(Precision ?? 4, '0').PadLeft(4, '0')}"
                    + (Has('#') ? $" '{rune}'" : ""));
        }

        if (Precision == 0 && number == 0)
        {
            return Blank("");
        }

        var radix = Letter switch { 'b' => 2, 'o' or 'O' => 8, 'x' or 'X' => 16, _ => 10 };
        var sign = number < 0 ? "-" : Plain.Contains('+') ? "+" : Has(' ') ? " " : "";
        var least = Precision ?? (Has('0') && !Has('-') && Width is { } width ? width - sign.Length : 0);
        var digits = Digits(Int128.Abs(number), radix).PadLeft(Math.Max(least, 0), '0');
        var prefix = Letter switch
        {
            'O' => "0o",
            'b' when Has('#') => "0b",
            'o' when Has('#') && digits[0] != '0' => "0",
            'x' or 'X' when Has('#') => "0x",
            _ => "",
        };
        var text = prefix + digits;
        return Blank(sign + (Letter == 'X' ? text.ToUpperInvariant() : text));
    }

    private static string Digits(Int128 number, int radix)
    {
        var digits = new StringBuilder();
        for (; number > 0 || digits.Length == 0; number /= radix)
        {
            digits.Insert(0, "0123456789abcdef"[(int)(number % radix)]);
        }

        return digits.ToString();
    }

    private string Float(double number) => (this with { Flags = Plain }).Signed(number);

    private string Signed(double number)
    {
        var verb = Letter == 'v' ? 'g' : Letter;
        var text = GoFloat.Of(number, verb, Precision ?? (verb is 'f' or 'F' or 'e' or 'E' ? 6 : null));
        var sign = double.IsNegative(number) ? "-" : Has('+') ? "+" : Has(' ') ? " " : "";
        return Has('0') && !Has('-') && Width is { } width
            ? sign + text.PadLeft(Math.Max(width - sign.Length, 0), '0')
            : Blank(sign + text);
    }

    private string Padded(string text) => Has('0') && !Has('-') ? Filled(text, '0') : Blank(text);

    private string Blank(string text) => Filled(text, ' ');

    /// <summary>Pads to the width, which is counted in code points.</summary>
    private string Filled(string text, char by)
    {
        var points = 0;
        foreach (var c in text)
        {
            points += char.IsLowSurrogate(c) ? 0 : 1;
        }

        var missing = new string(by, Math.Max((Width ?? 0) - points, 0));
        return Has('-') ? text + missing : missing + text;
    }

    /// <summary>The length of that many code points.</summary>
    private static int Length(string text, int points)
    {
        var length = 0;
        for (; points > 0 && length < text.Length; points--)
        {
            length += length + 1 < text.Length && char.IsSurrogatePair(text[length], text[length + 1]) ? 2 : 1;
        }

        return length;
    }
}
