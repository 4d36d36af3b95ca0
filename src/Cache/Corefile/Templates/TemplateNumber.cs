namespace NodeDns.Cache.Corefile.Templates;

/// <summary>Whole numbers of a template. Go has signed and unsigned ones, which compare by value; <see cref="Int128"/>
/// holds both.</summary>
internal static class TemplateNumber
{
    /// <summary>10, -10, 0x1F, 0b1, 0o7, 017, 1_000; null for anything else.</summary>
    public static Int128? Parse(string text)
    {
        var digits = text.StartsWith('+') || text.StartsWith('-') ? text[1..] : text;
        if (digits.StartsWith('_') || digits.EndsWith('_'))
            return null;
        digits = digits.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
        var (body, radix) = digits switch
        {
            ['0', 'x', ..] => (digits[2..], 16u),
            ['0', 'o', ..] => (digits[2..], 8u),
            ['0', 'b', ..] => (digits[2..], 2u),
            ['0', _, ..] => (digits[1..], 8u),
            _ => (digits, 10u),
        };
        if (body.Length == 0 || !GoNumber.TryDigits(body, radix, out var value))
            return null;
        return text[0] == '-' ? -(Int128)value : value;
    }

    /// <summary>strconv.ParseUint, of which base 0 reads the prefixes 0x, 0o and 0b.</summary>
    /// <param name="bits">0 is 64.</param>
    public static Int128? ParseUnsigned(string text, Int128 radix, Int128 bits)
    {
        if (bits < 0 || bits > 64 || (radix != 0 && (radix < 2 || radix > 36)) || text.Length == 0)
            return null;
        Int128 value;
        if (radix == 0)
        {
            if (!char.IsAsciiDigit(text[0]) || Parse(text) is not { } parsed)
                return null;
            value = parsed;
        }
        else
        {
            if (!GoNumber.TryDigits(text, (uint)radix, out var digits))
                return null;
            value = digits;
        }

        return bits == 0 || value >> (int)bits == 0 ? value : null;
    }
}
