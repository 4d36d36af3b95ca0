namespace NodeDns.Corefile;

/// <summary>cancel: a query is given up after this time.</summary>
public sealed record CancelConfig(TimeSpan Timeout) : DirectiveConfig
{
    /// <summary>CoreDNS's default.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromMilliseconds(5001);
}
