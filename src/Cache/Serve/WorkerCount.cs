using System.Globalization;

namespace NodeDns.Cache.Serve;

/// <summary>How many workers to run: as many as the container may use CPUs, not as many as the node has.</summary>
internal static class WorkerCount
{
    /// <summary>Without a limit: more would only spread the load thinner, at 200,000 hits a second each.</summary>
    public const int UnlimitedMaximum = 4;

    public const int Maximum = 64;

    /// <param name="cgroupRoot">/sys/fs/cgroup.</param>
    /// <param name="cores">Of the machine.</param>
    public static int Detect(string cgroupRoot, int cores) =>
        Limit(cgroupRoot) is { } limit
            ? (int)Math.Clamp(Math.Ceiling(limit), 1, Math.Min(cores, Maximum))
            : Math.Clamp(cores, 1, UnlimitedMaximum);

    /// <summary>The container's CPU limit, in CPUs; null without one.</summary>
    private static double? Limit(string cgroupRoot)
    {
        // cgroup v2: "QUOTA PERIOD" or "max PERIOD", microseconds.
        if (ReadWords(Path.Combine(cgroupRoot, "cpu.max")) is [var quota, var period])
        {
            return Ratio(quota, period);
        }
        // cgroup v1: the quota is -1 without a limit.
        var v1 = Path.Combine(cgroupRoot, "cpu");
        return ReadWords(Path.Combine(v1, "cpu.cfs_quota_us")) is [var oldQuota]
            && ReadWords(Path.Combine(v1, "cpu.cfs_period_us")) is [var oldPeriod]
                ? Ratio(oldQuota, oldPeriod)
                : null;
    }

    private static double? Ratio(string quota, string period) =>
        long.TryParse(quota, NumberStyles.None, CultureInfo.InvariantCulture, out var used) && used > 0
        && long.TryParse(period, NumberStyles.None, CultureInfo.InvariantCulture, out var of) && of > 0
            ? (double)used / of
            : null;

    private static string[] ReadWords(string path)
    {
        try
        {
            return File.ReadAllText(path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
