using System.Globalization;
using System.Text.RegularExpressions;

namespace NodeDns.Cli.Commands;

/// <summary>Durations in the form of kubectl's flags: 10s, 2m, 1m30s; a number alone means seconds.</summary>
internal static partial class GoTime
{
    /// <exception cref="UsageException">The text is not a duration.</exception>
    public static TimeSpan Parse(string flag, string text)
    {
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < 1e8)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        var match = Shape().Match(text);
        if (!match.Success || text.Length == 0)
        {
            throw new UsageException($"{flag} {text}: expected a time such as 10s, 2m or 1m30s");
        }

        return TimeSpan.FromHours(Part(match, "h")) + TimeSpan.FromMinutes(Part(match, "m"))
            + TimeSpan.FromSeconds(Part(match, "s")) + TimeSpan.FromMilliseconds(Part(match, "ms"));
    }

    private static int Part(Match match, string unit) =>
        match.Groups[unit].Success ? int.Parse(match.Groups[unit].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"\A((?<h>[0-9]{1,5})h)?((?<m>[0-9]{1,5})m(?!s))?((?<s>[0-9]{1,6})s)?((?<ms>[0-9]{1,7})ms)?\z")]
    private static partial Regex Shape();
}
