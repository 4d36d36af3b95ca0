namespace NodeDns.Corefile;

/// <summary>bufsize: the largest UDP payload, in octets, that is offered to upstreams and accepted from clients' OPT
/// records.</summary>
public sealed record BufsizeConfig(int Bytes) : DirectiveConfig
{
    /// <summary>The size of DNS flag day 2020, which fits into an Ethernet frame even inside a tunnel.</summary>
    public const int Default = 1232;

    /// <summary>The size that every client without EDNS accepts (RFC 6891 section 6.2.3).</summary>
    public const int Minimum = 512;

    /// <summary>CoreDNS's limit.</summary>
    public const int Maximum = 4096;
}
