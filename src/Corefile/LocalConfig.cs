namespace NodeDns.Corefile;

/// <summary>local: localhost and the reverse of the loopback and "this" networks are answered here (RFC 6761).</summary>
public sealed record LocalConfig : DirectiveConfig
{
    /// <summary>Names below a "localhost." label of another domain too, as search lists make them.</summary>
    public bool LocalhostPrefix { get; init; } = true;
}
