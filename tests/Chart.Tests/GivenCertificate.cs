using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NodeDns.Chart.Tests;

/// <summary>A CA and a leaf for the webhook, as files that <c>--set-file</c> takes.</summary>
internal static class GivenCertificate
{
    private static readonly string s_folder = Directory.CreateTempSubdirectory("given-certificate").FullName;

    /// <summary>Arguments of helm by which tls.mode helm has a certificate without a cluster.</summary>
    public static string[] AsValues(int serial = 1)
    {
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ca = new CertificateRequest("CN=nd-webhook-ca", caKey, HashAlgorithmName.SHA256);
        ca.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = ca.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddDays(30));
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var leaf = new CertificateRequest("CN=nd-webhook.node-dns.svc", leafKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("nd-webhook.node-dns.svc");
        leaf.CertificateExtensions.Add(names.Build());
        using var signed = leaf.Create(authority, TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddDays(20), [(byte)serial]);
        return
        [
            "--set", "tls.mode=helm",
            .. File("caCertificate", authority.ExportCertificatePem()),
            .. File("certificate", signed.ExportCertificatePem()),
            .. File("privateKey", leafKey.ExportPkcs8PrivateKeyPem()),
        ];

        string[] File(string name, string pem)
        {
            var path = Path.Combine(s_folder, $"{name}-{serial}.pem");
            System.IO.File.WriteAllText(path, pem);
            return ["--set-file", $"tls.helm.{name}={path}"];
        }
    }
}
