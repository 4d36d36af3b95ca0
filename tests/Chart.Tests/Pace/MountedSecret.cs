using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NodeDns.Chart.Tests.Pace;

/// <summary>The webhook's Secret as kubelet mounts it: links to <c>..data</c>, itself a link to the folder of one version, which is
/// replaced by a rename.</summary>
internal sealed class MountedSecret : IDisposable
{
    private static readonly string[] s_files = ["tls.crt", "tls.key"];

    private readonly string _folder;
    private ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private X509Certificate2 _authority;
    private int _version;

    public MountedSecret(string folder)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        _authority = SelfSigned(_key);
        foreach (var file in s_files)
        {
            File.CreateSymbolicLink(Path.Combine(_folder, file), Path.Combine("..data", file));
        }

        Renew();
    }

    /// <summary>The certificate of the authority, PEM.</summary>
    public string Authority => _authority.ExportCertificatePem() + "\n";

    /// <summary>From now on another authority signs.</summary>
    public void ChangeAuthority()
    {
        Dispose();
        _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _authority = SelfSigned(_key);
    }

    /// <summary>Replaces certificate and key.</summary>
    public void Renew()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=nd-webhook", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(_authority.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), _authority.NotBefore, _authority.NotAfter, [1, (byte)++_version]);
        var version = Directory.CreateDirectory(Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"..version_{_version}"))).FullName;
        File.WriteAllText(Path.Combine(version, "tls.crt"), leaf.ExportCertificatePem());
        File.WriteAllText(Path.Combine(version, "tls.key"), key.ExportPkcs8PrivateKeyPem());
        var link = Path.Combine(_folder, "..data_tmp");
        File.CreateSymbolicLink(link, Path.GetFileName(version));
        Assert.Equal(0, Tool.Run("mv", "-T", link, Path.Combine(_folder, "..data")).ExitCode);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
    }

    private static X509Certificate2 SelfSigned(ECDsa key)
    {
        var request = new CertificateRequest("CN=nd-webhook-ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var start = TimeProvider.System.GetUtcNow().AddHours(-1);
        return request.CreateSelfSigned(start, start.AddDays(30));
    }
}
