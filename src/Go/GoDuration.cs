using System.Globalization;

namespace NodeDns.Go;

/// <summary>Durations in Go's notation: 1h30m, 250ms, 1.5s. The unit is 100 ns. Smaller parts are dropped, but a
/// duration above zero never becomes zero.</summary>
public static class GoDuration
{
    private static readonly (string Unit, decimal Ticks)[] s_units =
    [
        ("ns", 0.01m), ("us", 10m), ("µs", 10m), ("μs", 10m), ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour),
    ];

    /// <summary>Go's longest duration: 2^63 ns, about 292 years.</summary>
    private const decimal TicksMaximum = 92233720368547758m;

    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan value)
    {
        value = default;
        var negative = text.StartsWith("-");
        if (negative || text.StartsWith("+"))
        {
            text = text[1..];
        }

        if (text is "0")
        {
            return true;
        }

        if (text.IsEmpty)
        {
            return false;
        }

        var ticks = 0m;
        while (!text.IsEmpty)
        {
            var digits = 0;
            while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.'))
            {
                digits++;
            }

            if (!TryNumber(text[..digits], out var number))
            {
                return false;
            }

            text = text[digits..];
            var letters = 0;
            while (letters < text.Length && text[letters] != '.' && !char.IsAsciiDigit(text[letters]))
            {
                letters++;
            }

            var unit = text[..letters].ToString();
            var scale = Array.Find(s_units, u => u.Unit == unit).Ticks;
            if (scale == 0)
            {
                return false;
            }

            text = text[letters..];
            ticks += number * scale;
            if (ticks > TicksMaximum)
            {
                return false;
            }
        }

        if (ticks is > 0 and < 1)
        {
            ticks = 1;
        }

        value = TimeSpan.FromTicks((long)(negative ? -ticks : ticks));
        return true;
    }

    /// <summary>Formats as Go does, and so as in CoreDNS's log lines: 1m0s, 5s, 500ms.</summary>
    public static string Text(TimeSpan duration)
    {
        if (duration < TimeSpan.FromSeconds(1))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.######}ms");
        }

        var seconds = string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds % 60:0.#########}s");
        if (duration < TimeSpan.FromMinutes(1))
        {
            return seconds;
        }

        var minutes = string.Create(CultureInfo.InvariantCulture, $"{duration.Minutes}m{seconds}");
        return duration < TimeSpan.FromHours(1)
            ? minutes
            : string.Create(CultureInfo.InvariantCulture, $"{(int)duration.TotalHours}h{minutes}");
    }

    /// <summary>Formats without unnecessary zeros, as people write durations: 1h30m, 250ms, 5s.</summary>
    public static string Format(TimeSpan value)
    {
        if (value == TimeSpan.Zero)
        {
            return "0s";
        }

        if (value < TimeSpan.Zero)
        {
            return "-" + Format(value.Negate());
        }

        var seconds = (decimal)value.Ticks / TimeSpan.TicksPerSecond;
        if (seconds < 1)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0.####}ms");
        }

        var text = "";
        if (value.TotalHours >= 1)
        {
            text += string.Create(CultureInfo.InvariantCulture, $"{(long)value.TotalHours}h");
        }

        if (value.Minutes > 0)
        {
            text += string.Create(CultureInfo.InvariantCulture, $"{value.Minutes}m");
        }

        var rest = seconds % 60;
        return rest > 0 ? text + string.Create(CultureInfo.InvariantCulture, $"{rest:0.#######}s") : text;
    }

    // With at most 18 digits, all calculations fit into the 28 digits of a decimal.
    private static bool TryNumber(ReadOnlySpan<char> digits, out decimal number)
    {
        number = 0;
        return digits.Length is > 0 and <= 18 && digits.ContainsAnyInRange('0', '9')
            && decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
    }
}
