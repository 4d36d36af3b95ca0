namespace NodeDns.Corefile;

/// <summary>reload: checks for changes of the Corefile. The last reload line of the file applies to all
/// blocks.</summary>
/// <param name="Jitter">The interval varies by up to half of this in both directions. At most half of the
/// interval.</param>
public sealed record ReloadConfig(TimeSpan Interval, TimeSpan Jitter) : DirectiveConfig
{
    public static readonly TimeSpan IntervalDefault = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan IntervalMinimum = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan JitterDefault = TimeSpan.FromSeconds(15);

    /// <summary>The minimum, unless it is zero (no jitter).</summary>
    public static readonly TimeSpan JitterMinimum = TimeSpan.FromSeconds(1);
}
