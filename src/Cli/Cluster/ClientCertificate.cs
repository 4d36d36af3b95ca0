using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;

namespace NodeDns.Cli.Cluster;

/// <summary>The client certificate of a user.</summary>
internal static class ClientCertificate
{
    /// <returns>null when the user has no certificate.</returns>
    public static X509Certificate2? Of(KubernetesClientConfiguration configuration)
    {
        var certificate = Pem(configuration.ClientCertificateData, configuration.ClientCertificateFilePath);
        var key = Pem(configuration.ClientCertificateKeyData, configuration.ClientKeyFilePath);
        if (certificate is null || key is null)
        {
            return null;
        }

        var pair = X509Certificate2.CreateFromPem(certificate, key);
        if (!OperatingSystem.IsWindows())
        {
            return pair;
        }

        // On Windows, TLS cannot use a key that is not in a certificate store.
        using (pair)
        {
            return X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null);
        }
    }

    private static string? Pem(string? data, string? file) =>
        data is { Length: > 0 } ? Encoding.UTF8.GetString(Convert.FromBase64String(data))
        : file is { Length: > 0 } ? File.ReadAllText(file)
        : null;
}
