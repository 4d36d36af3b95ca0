using System.Net;

namespace NodeDns.Corefile;

/// <summary>One server of a forward.</summary>
public sealed record UpstreamAddress
{
    public const int DnsPort = 53;
    public const int TlsPort = 853;

    public required IPAddress Address { get; init; }

    /// <summary>The link of a link-local address, by name or number: fe80::53%eth0.</summary>
    public string? Scope { get; init; }

    public int Port { get; init; } = DnsPort;

    /// <summary>DNS over TLS (RFC 7858).</summary>
    public bool Tls { get; init; }

    /// <summary>The name checked in the certificate, from tls://ADDRESS%NAME.</summary>
    public string? ServerName { get; init; }

    /// <summary>As the metrics' "to" label has it: address:port.</summary>
    public override string ToString() =>
        Scope is null ? new IPEndPoint(Address, Port).ToString() : $"[{Address}%{Scope}]:{Port}";
}
