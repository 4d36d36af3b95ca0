using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace NodeDns.Cache.Upstream;

/// <summary>How to trust a tls:// server: by name where one is configured, else by its address (RFC 8310 section 8.1).</summary>
internal static class TlsClientOptions
{
    public static SslClientAuthenticationOptions For(UpstreamEndpoint server, UpstreamTls? tls)
    {
        var chain = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            // Fetching a missing intermediate needs DNS, which is what this connection is for.
            DisableCertificateDownloads = true,
        };
        if (tls?.CaFile is { } caFile)
        {
            chain.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.CustomTrustStore.ImportFromPemFile(caFile);
        }
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = server.TlsServerName ?? tls?.ServerName ?? server.Address.Address.ToString(),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = chain,
        };
        if (tls is { CertificateFile: { } certificate, KeyFile: { } key })
        {
            options.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, key)];
        }
        return options;
    }
}
