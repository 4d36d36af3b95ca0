using System.Globalization;
using NodeDns.Go;

namespace NodeDns.Cli.Commands;

/// <summary>Durations as kubectl's flags take them: in Go's notation, or a number alone, which means seconds.</summary>
internal static class FlagTime
{
    /// <summary>Longer than any rollout, and short enough for every timer.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(24);

    /// <exception cref="UsageException">The text is not a duration.</exception>
    public static TimeSpan Parse(string flag, string text)
    {
        var isSeconds = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds);
        var value = TimeSpan.FromSeconds(seconds);
        return (isSeconds || GoDuration.TryParse(text, out value)) && value >= TimeSpan.Zero && value <= s_longest
            ? value
            : throw new UsageException($"{flag} {text}: expected a time such as 10s, 2m or 1m30s, at most {s_longest.TotalHours:0}h");
    }
}
