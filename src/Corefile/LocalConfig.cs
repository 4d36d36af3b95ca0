namespace NodeDns.Corefile;

/// <summary>local: answers localhost and the reverse zones of the loopback and "this" networks (RFC 6761).</summary>
public sealed record LocalConfig : DirectiveConfig
{
    /// <summary>Also answer localhost.DOMAIN, which search lists produce.</summary>
    public bool LocalhostPrefix { get; init; } = true;
}
