using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NodeDns.Cli.Tests.Cluster;

/// <summary>Certificates for servers of tests.</summary>
internal static class Certificates
{
    public static X509Certificate2 SelfSigned(string name, TimeSpan? validFor = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        var end = now + (validFor ?? TimeSpan.FromDays(90));
        return request.CreateSelfSigned(end < now ? end.AddDays(-1) : now.AddDays(-1), end);
    }

    /// <summary>Writes the pair as PEM files.</summary>
    public static (string Certificate, string Key) Write(this X509Certificate2 pair, string folder)
    {
        var (certificate, key) = (Path.Combine(folder, pair.Thumbprint + ".crt"), Path.Combine(folder, pair.Thumbprint + ".key"));
        File.WriteAllText(certificate, pair.ExportCertificatePem());
        File.WriteAllText(key, pair.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return (certificate, key);
    }
}
