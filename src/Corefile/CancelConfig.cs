namespace NodeDns.Corefile;

/// <summary>cancel: a question is given up after this long.</summary>
public sealed record CancelConfig(TimeSpan Timeout) : DirectiveConfig
{
    /// <summary>One millisecond more than forward's own deadline.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromMilliseconds(5001);
}
