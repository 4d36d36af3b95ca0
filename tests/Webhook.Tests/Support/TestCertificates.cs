using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NodeDns.Webhook.Tests.Support;

/// <summary>A certificate authority for loopback, and PEM pairs that it signs.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private int _serial;

    public TestCertificates()
    {
        var request = new CertificateRequest("CN=node-dns test authority", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Authority = request.CreateSelfSigned(Start, Start.AddYears(5));
    }

    public X509Certificate2 Authority { get; }

    private static DateTimeOffset Start => TimeProvider.System.GetUtcNow().AddHours(-1);

    public (string Certificate, string Key) Issue(bool rsa = false, TimeSpan? lifetime = null)
    {
        using AsymmetricAlgorithm key = rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = key is RSA r
            ? new CertificateRequest("CN=webhook", r, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest("CN=webhook", (ECDsa)key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(
            Authority.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), Start,
            Start.AddHours(1) + (lifetime ?? TimeSpan.FromDays(30)), [1, (byte)++_serial]);
        return (leaf.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose()
    {
        Authority.Dispose();
        _key.Dispose();
    }
}
