namespace NodeDns.Corefile;

/// <summary>reload: look for a changed Corefile. The last such line of the file holds for all blocks.</summary>
/// <param name="Jitter">Spreads the interval by up to half of this either way; at most half of the interval.</param>
public sealed record ReloadConfig(TimeSpan Interval, TimeSpan Jitter) : DirectiveConfig
{
    public static readonly TimeSpan IntervalDefault = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan IntervalMinimum = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan JitterDefault = TimeSpan.FromSeconds(15);

    /// <summary>Zero is allowed too: no jitter.</summary>
    public static readonly TimeSpan JitterMinimum = TimeSpan.FromSeconds(1);
}
