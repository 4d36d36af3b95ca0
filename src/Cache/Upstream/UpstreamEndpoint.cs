using System.Net;

namespace NodeDns.Cache.Upstream;

/// <summary>One server of a forward: <c>IP[:PORT]</c> or <c>tls://IP[:PORT][%NAME]</c>.</summary>
/// <param name="Scope">Name or index of the link of a link-local address.</param>
internal sealed record UpstreamEndpoint(
    IPEndPoint Address, bool Tls = false, string? TlsServerName = null, string? Scope = null)
{
    /// <summary>Address and port as CoreDNS writes them in the <c>to</c> label of upstream metrics.</summary>
    public string To { get; } = Scope is null ? Address.ToString() : $"[{Address.Address}%{Scope}]:{Address.Port}";
}
