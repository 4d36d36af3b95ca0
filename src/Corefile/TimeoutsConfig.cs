namespace NodeDns.Corefile;

/// <summary>timeouts: limits of clients' TCP connections; null when not given.</summary>
public sealed record TimeoutsConfig : DirectiveConfig
{
    /// <summary>CoreDNS has 3 s. RFC 7766 section 6.2.3 leaves it to the server.</summary>
    public static readonly TimeSpan ReadDefault = TimeSpan.FromSeconds(5);

    public static readonly TimeSpan WriteDefault = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan IdleDefault = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Minimum = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Maximum = TimeSpan.FromHours(24);

    public TimeSpan? Read { get; init; }
    public TimeSpan? Write { get; init; }
    public TimeSpan? Idle { get; init; }

    /// <summary>How many queries are answered on one connection before it is closed; null for no limit.</summary>
    public int? MaxTcpQueries { get; init; }
}
