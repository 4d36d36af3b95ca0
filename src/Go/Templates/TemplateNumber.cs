using System.Globalization;

namespace NodeDns.Go.Templates;

/// <summary>Go's complex128.</summary>
internal readonly record struct GoComplex(double Real, double Imaginary);

/// <summary>The numbers of templates. Go's signed and unsigned integers compare by value, so <see cref="Int128"/> is
/// used for both. A float64 is a double.</summary>
internal static class TemplateNumber
{
    /// <summary>10, -10, 0x1F, 0b1, 0o7, 017, 1_000, 1.5, .5, 1e3, 0x1p-2; null for anything else.</summary>
    public static object? Parse(string text)
    {
        var digits = text.StartsWith('+') || text.StartsWith('-') ? text[1..] : text;
        if (Whole(digits) is not { } value)
        {
            return digits.AsSpan().ContainsAny(".eEpP") ? Float(text) : null;
        }

        var number = text[0] == '-' ? -(Int128)value : value;
        return number >= long.MinValue ? number : null;
    }

    /// <summary>Parses 1+2i. <paramref name="imaginary"/> does not include the i.</summary>
    public static object? Complex(string real, string imaginary) =>
        Float(real) is { } re && Float(imaginary) is { } im ? new GoComplex(re, im) : null;

    /// <summary>strconv.ParseUint. With base 0, the prefixes 0x, 0o and 0b are recognised.</summary>
    /// <param name="bits">The size of the result; 0 for 64.</param>
    public static Int128? ParseUnsigned(string text, Int128 radix, Int128 bits)
    {
        if (bits < 0 || bits > 64 || (radix != 0 && (radix < 2 || radix > 36)))
        {
            return null;
        }

        var value = radix == 0 ? Whole(text) : GoNumber.TryDigits(text, (uint)radix, out var digits) ? digits : null;
        return value is { } number && (bits == 0 || (Int128)number >> (int)bits == 0) ? number : null;
    }

    private static ulong? Whole(string digits)
    {
        if (digits.StartsWith('_') || digits.EndsWith('_'))
        {
            return null;
        }

        digits = digits.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
        var (body, radix) = digits switch
        {
            ['0', 'x', ..] => (digits[2..], 16u),
            ['0', 'o', ..] => (digits[2..], 8u),
            ['0', 'b', ..] => (digits[2..], 2u),
            ['0', _, ..] => (digits[1..], 8u),
            _ => (digits, 10u),
        };
        return GoNumber.TryDigits(body, radix, out var value) ? value : null;
    }

    private static double? Float(string text)
    {
        text = text.Replace("_", "", StringComparison.Ordinal);
        var isHex = text.TrimStart('+', '-').StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var value = isHex ? HexFloat(text)
            : double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture, out var number) ? number : double.NaN;
        return double.IsFinite(value) ? value : null;
    }

    /// <summary>Parses 0x1.8p3: hexadecimal digits times a power of two.</summary>
    private static double HexFloat(string text)
    {
        var start = text.IndexOfAny(['x', 'X']) + 1;
        var power = text.IndexOfAny(['p', 'P']);
        if (power < 0 || !int.TryParse(text.AsSpan(power + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
                out var exponent))
        {
            return double.NaN;
        }

        var digits = text[start..power];
        var point = digits.IndexOf('.');
        if (!GoNumber.TryDigits(point < 0 ? digits : digits.Remove(point, 1), 16, out var mantissa))
        {
            return double.NaN;
        }

        var value = Math.ScaleB(mantissa, exponent - (point < 0 ? 0 : 4 * (digits.Length - 1 - point)));
        return text[0] == '-' ? -value : value;
    }
}
