using System.Net;

namespace NodeDns.Corefile;

/// <summary>One server of a forward.</summary>
public sealed record UpstreamAddress
{
    public const int DnsPort = 53;
    public const int TlsPort = 853;

    public required IPAddress Address { get; init; }

    /// <summary>The link of a link-local address, by name or index: fe80::53%eth0.</summary>
    public string? Scope { get; init; }

    public int Port { get; init; } = DnsPort;

    /// <summary>DNS over TLS (RFC 7858).</summary>
    public bool Tls { get; init; }

    /// <summary>The name that the certificate must have, from tls://ADDRESS%NAME.</summary>
    public string? ServerName { get; init; }

    /// <summary>address:port, as in the "to" label of metrics.</summary>
    public override string ToString() =>
        Scope is null ? new IPEndPoint(Address, Port).ToString() : $"[{Address}%{Scope}]:{Port}";
}
