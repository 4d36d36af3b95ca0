using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace NodeDns.Cache.Upstream;

/// <summary>How to trust a tls:// server: by name where one is configured, else by its address (RFC 8310 section
/// 8.1).</summary>
internal static class TlsClientOptions
{
    /// <param name="explain">Told in words why a certificate was not accepted.</param>
    public static SslClientAuthenticationOptions For(UpstreamEndpoint server, UpstreamTls? tls, Action<string> explain)
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
        var name = server.TlsServerName ?? tls?.ServerName ?? server.Address.Address.ToString();
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = name,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = chain,
            RemoteCertificateValidationCallback = (_, certificate, built, errors) =>
            {
                if (errors != SslPolicyErrors.None)
                {
                    var statuses = built?.ChainStatus.Select(status => status.Status) ?? [];
                    explain($"its certificate ({certificate?.Subject}) is not accepted for {name}: "
                        + string.Join(", ", [errors.ToString(), .. statuses.Select(status => status.ToString())]));
                }
                return errors == SslPolicyErrors.None;
            },
        };
        if (tls is { CertificateFile: { } certificate, KeyFile: { } key })
        {
            options.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, key)];
        }
        return options;
    }
}
