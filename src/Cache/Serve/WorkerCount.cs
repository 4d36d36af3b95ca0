using System.Globalization;

namespace NodeDns.Cache.Serve;

/// <summary>Derives the number of workers from the CPUs that the container may use, not from those of the
/// node.</summary>
internal static class WorkerCount
{
    /// <summary>The most workers when there is no CPU limit. At 200,000 hits a second for each worker, more are not
    /// needed.</summary>
    public const int UnlimitedMaximum = 4;

    public const int Maximum = 64;

    /// <param name="cgroupRoot">/sys/fs/cgroup.</param>
    /// <param name="cores">The number of the machine's CPUs.</param>
    public static int Detect(string cgroupRoot, int cores) =>
        Limit(cgroupRoot) is { } limit
            ? (int)Math.Clamp(Math.Ceiling(limit), 1, Math.Min(cores, Maximum))
            : Math.Clamp(cores, 1, UnlimitedMaximum);

    /// <summary>How many processors so many workers can use: a worker needs no more than one, and the container's limit
    /// may be less.</summary>
    public static double Usable(string cgroupRoot, int workers) => Math.Min(Limit(cgroupRoot) ?? workers, workers);

    /// <summary>The container's CPU limit, as a number of CPUs; null when there is none.</summary>
    private static double? Limit(string cgroupRoot)
    {
        // cgroup v2: "QUOTA PERIOD" or "max PERIOD", in microseconds.
        if (ReadWords(Path.Combine(cgroupRoot, "cpu.max")) is [var quota, var period])
        {
            return Ratio(quota, period);
        }
        // cgroup v1: the quota is -1 when there is no limit.
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
