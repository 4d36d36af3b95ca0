using System.Net;

namespace NodeDns.Cache.Upstream;

/// <summary>One server a forward may ask: <c>IP[:PORT]</c> or <c>tls://IP[:PORT][%NAME]</c>.</summary>
/// <param name="Scope">The link of a link-local address, by name or number.</param>
internal sealed record UpstreamEndpoint(
    IPEndPoint Address, bool Tls = false, string? TlsServerName = null, string? Scope = null)
{
    /// <summary>The <c>to</c> label of every upstream metric, as CoreDNS writes it: address and port.</summary>
    public string To { get; } = Scope is null ? Address.ToString() : $"[{Address.Address}%{Scope}]:{Address.Port}";
}
