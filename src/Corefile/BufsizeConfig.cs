namespace NodeDns.Corefile;

/// <summary>bufsize: the largest UDP payload promised to upstreams and accepted from clients' OPT, in bytes.</summary>
public sealed record BufsizeConfig(int Bytes) : DirectiveConfig
{
    /// <summary>The size of DNS flag day 2020: fits an Ethernet frame with room for tunnels.</summary>
    public const int Default = 1232;

    /// <summary>What every client without EDNS takes (RFC 6891 section 6.2.3).</summary>
    public const int Minimum = 512;

    /// <summary>CoreDNS's bound.</summary>
    public const int Maximum = 4096;
}
