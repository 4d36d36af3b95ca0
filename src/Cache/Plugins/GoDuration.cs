using System.Globalization;

namespace NodeDns.Cache.Plugins;

/// <summary>Durations as Go writes them, since log lines of CoreDNS have them: <c>1m30s</c>, <c>5s</c>, <c>500ms</c>.
/// </summary>
internal static class GoDuration
{
    public static string Text(TimeSpan duration)
    {
        if (duration < TimeSpan.FromSeconds(1))
            return string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.######}ms");
        string seconds = string.Create(
            CultureInfo.InvariantCulture, $"{duration.TotalSeconds % 60:0.#########}s");
        if (duration < TimeSpan.FromMinutes(1))
            return seconds;
        string minutes = string.Create(CultureInfo.InvariantCulture, $"{duration.Minutes}m{seconds}");
        return duration < TimeSpan.FromHours(1)
            ? minutes
            : string.Create(CultureInfo.InvariantCulture, $"{(int)duration.TotalHours}h{minutes}");
    }
}
