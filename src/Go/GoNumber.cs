namespace NodeDns.Go;

/// <summary>Parses whole numbers as Go does when no base is given: 12, 0x0c, 0o14, 014, 0b1100.</summary>
public static class GoNumber
{
    public static bool TryParse(string text, int maximum, out int value)
    {
        text = text.ToLowerInvariant();
        var (digits, radix) = text switch
        {
            ['0', 'x', ..] => (text[2..], 16u),
            ['0', 'o', ..] => (text[2..], 8u),
            ['0', 'b', ..] => (text[2..], 2u),
            ['0', _, ..] => (text[1..], 8u),
            _ => (text, 10u),
        };
        value = 0;
        if (!TryDigits(digits, radix, out var number) || number > (ulong)maximum)
        {
            return false;
        }

        value = (int)number;
        return true;
    }

    /// <summary>Parses digits in a base from 2 to 36, up to 64 bits.</summary>
    public static bool TryDigits(string digits, uint radix, out ulong value)
    {
        value = 0;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiDigit(c) ? (uint)(c - '0')
                : char.IsAsciiLetter(c) ? (uint)(char.ToLowerInvariant(c) - 'a' + 10) : uint.MaxValue;
            if (digit >= radix || value > (ulong.MaxValue - digit) / radix)
            {
                return false;
            }

            value = (value * radix) + digit;
        }

        return digits.Length > 0;
    }
}
