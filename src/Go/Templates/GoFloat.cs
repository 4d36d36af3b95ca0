using System.Globalization;

namespace NodeDns.Go.Templates;

/// <summary>Formats floating-point numbers as Go's strconv does.</summary>
internal static class GoFloat
{
    /// <summary>No double has more decimal digits than this.</summary>
    public const int DigitsMaximum = 770;

    private const int MantissaBits = 52;

    /// <summary>Formats the absolute value.</summary>
    /// <param name="verb">The verb: e, f, g, b or x, or one of them in upper case.</param>
    /// <param name="precision">null, for g and x, for as few digits as identify the value.</param>
    public static string Of(double value, char verb, int? precision)
    {
        value = Math.Abs(value);
        var text = char.ToLowerInvariant(verb) switch
        {
            'b' => Binary(value),
            'x' => Hex(value, precision),
            'e' => Exponent(Rounded(value, precision + 1), precision),
            'f' => Fixed(value, precision ?? 0),
            _ => Short(Rounded(value, precision is 0 ? 1 : precision), precision),
        };
        return char.IsAsciiLetterUpper(verb) ? text.ToUpperInvariant() : text;
    }

    private static string Short((string Digits, int Exponent) number, int? precision)
    {
        var (digits, exponent) = number;
        var limit = precision switch
        {
            null => 6,
            { } most when most > digits.Length && digits.Length > exponent => digits.Length,
            0 => 1,
            { } most => most,
        };
        if (exponent < -4 || exponent >= limit)
        {
            return Exponent(number, null);
        }

        return Places(number, Math.Max(digits.Length - exponent - 1, 0));
    }

    private static string Exponent((string Digits, int Exponent) number, int? precision)
    {
        var digits = number.Digits.PadRight((precision ?? 0) + 1, '0');
        return string.Create(CultureInfo.InvariantCulture,
            $"{digits[0]}{(digits.Length > 1 ? "." : "")}{digits[1..]}e{number.Exponent:+00;-00}");
    }

    private static string Fixed(double value, int places)
    {
        var all = All(value);
        return Places(Round(all, all.Exponent + 1 + places), places);
    }

    private static string Places((string Digits, int Exponent) number, int places)
    {
        // The decimal point comes after the digit with exponent 0.
        var digits = number.Exponent < 0 ? new string('0', -number.Exponent) + number.Digits : number.Digits;
        var whole = Math.Max(number.Exponent, 0) + 1;
        digits = digits.PadRight(whole + places, '0');
        return places == 0 ? digits[..whole] : $"{digits[..whole]}.{digits[whole..(whole + places)]}";
    }

    private static (string Digits, int Exponent) Rounded(double value, int? digits) => digits is { } count
        ? Round(All(value), count)
        : Decimal(value.ToString("R", CultureInfo.InvariantCulture));

    private static (string Digits, int Exponent) All(double value) =>
        Decimal(value.ToString($"E{DigitsMaximum}", CultureInfo.InvariantCulture));

    /// <summary>Returns the digits without zeros at either end, and the exponent of the first digit.</summary>
    private static (string Digits, int Exponent) Decimal(string text)
    {
        var e = text.IndexOf('E');
        var exponent = e < 0 ? 0
            : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = e < 0 ? text : text[..e];
        var point = mantissa.IndexOf('.');
        var digits = point < 0 ? mantissa : mantissa.Remove(point, 1);
        var significant = digits.TrimStart('0');
        exponent += (point < 0 ? mantissa.Length : point) - 1 - (digits.Length - significant.Length);
        return significant.Length == 0 ? ("0", 0) : (significant.TrimEnd('0'), exponent);
    }

    /// <summary>Rounds to <paramref name="count"/> digits, and ties to the even digit. .NET's own rounding rounds ties
    /// up.</summary>
    private static (string Digits, int Exponent) Round((string Digits, int Exponent) number, int count)
    {
        var (digits, exponent) = number;
        if (count >= digits.Length)
        {
            return number;
        }

        if (count < 0)
        {
            return ("0", 0);
        }

        var isOdd = count > 0 && (digits[count - 1] - '0') % 2 == 1;
        if (digits[count] < '5' || (digits[count] == '5' && count + 1 == digits.Length && !isOdd))
        {
            return count == 0 ? ("0", 0) : (digits[..count].TrimEnd('0'), exponent);
        }

        var kept = digits[..count].TrimEnd('9');
        return kept.Length == 0 ? ("1", exponent + 1) : (kept[..^1] + (char)(kept[^1] + 1), exponent);
    }

    private static string Binary(double value)
    {
        var (mantissa, exponent) = Parts(value);
        return string.Create(CultureInfo.InvariantCulture, $"{mantissa}p{exponent - MantissaBits:+0;-0}");
    }

    private static string Hex(double value, int? precision)
    {
        var (mantissa, exponent) = Parts(value);
        if (mantissa == 0)
        {
            exponent = 0;
        }

        for (; mantissa != 0 && mantissa >> MantissaBits == 0; exponent--)
        {
            mantissa <<= 1;
        }

        const int Digits = MantissaBits / 4;
        if (precision < Digits)
        {
            var cut = 4 * (Digits - precision.Value);
            var (rest, half) = (mantissa & ((1UL << cut) - 1), 1UL << (cut - 1));
            mantissa >>= cut;
            if (rest > half || (rest == half && mantissa % 2 == 1))
            {
                mantissa++;
            }

            mantissa <<= cut;
            if (mantissa >> (MantissaBits + 1) != 0)
            {
                mantissa >>= 1;
                exponent++;
            }
        }

        var fraction = (mantissa & ((1UL << MantissaBits) - 1)).ToString("x13", CultureInfo.InvariantCulture);
        fraction = precision is { } places ? fraction.PadRight(places, '0')[..places] : fraction.TrimEnd('0');
        return string.Create(CultureInfo.InvariantCulture,
            $"0x{mantissa >> MantissaBits}{(fraction.Length > 0 ? "." : "")}{fraction}p{exponent:+00;-00}");
    }

    private static (ulong Mantissa, int Exponent) Parts(double value)
    {
        var bits = BitConverter.DoubleToUInt64Bits(value);
        var exponent = (int)(bits >> MantissaBits) & 0x7FF;
        var mantissa = bits & ((1UL << MantissaBits) - 1);
        return exponent == 0 ? (mantissa, -1022) : (mantissa | 1UL << MantissaBits, exponent - 1023);
    }
}
