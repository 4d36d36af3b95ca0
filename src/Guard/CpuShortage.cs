namespace NodeDns.Guard;

/// <summary>Whether the machine has been short of CPU lately, which shows in how late the guard's own timer is.</summary>
/// <param name="lateMs">A time between two samples that is longer means a shortage.</param>
internal sealed class CpuShortage(int lateMs)
{
    /// <summary>How long a shortage is remembered.</summary>
    private const int RecentMs = 1000;

    private long _sampledMs;
    private long _shortMs;

    /// <summary>Called each time the timer fires.</summary>
    public void Sample(long nowMs)
    {
        if (nowMs - _sampledMs > lateMs)
        {
            _shortMs = nowMs;
        }
        _sampledMs = nowMs;
    }

    /// <summary>Asked after <see cref="Sample"/>. The first second counts as a shortage.</summary>
    public bool IsRecent(long nowMs) => nowMs - _shortMs < RecentMs;
}
