using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace NodeDns.Webhook.Tls;

/// <summary>A certificate with its key and intermediate certificates, ready for handshakes.</summary>
internal sealed record ServedCertificate(
    SslStreamCertificateContext Context, DateTimeOffset NotAfter, string Subject, string Serial);

/// <summary>Reads a certificate and its private key from two PEM files.</summary>
internal static class PemPair
{
    /// <returns>null on success; otherwise which file is wrong, why, and what was expected.</returns>
    public static string? TryLoad(byte[] certificatePem, byte[] keyPem, out ServedCertificate? served)
    {
        served = null;
        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(Encoding.UTF8.GetString(certificatePem));
        }
        catch (CryptographicException e)
        {
            return $"tls-cert: not readable as PEM: {e.Message}";
        }
        if (chain.Count == 0)
        {
            return "tls-cert: expected a PEM block CERTIFICATE";
        }

        var key = Encoding.UTF8.GetString(keyPem);
        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            return "tls-key: expected a PEM block PRIVATE KEY";
        }

        if (key.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            return "tls-key: the key is encrypted: expected one without a passphrase";
        }

        X509Certificate2 leaf;
        try
        {
            leaf = X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(certificatePem), key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return $"tls-key: not the private key of the certificate in tls-cert ({chain[0].Subject}): {e.Message}";
        }
        chain.RemoveAt(0);
        served = new ServedCertificate(
            SslStreamCertificateContext.Create(leaf, chain, offline: true),
            new DateTimeOffset(leaf.NotAfter.ToUniversalTime()),
            leaf.Subject,
            leaf.SerialNumber);
        return null;
    }
}
