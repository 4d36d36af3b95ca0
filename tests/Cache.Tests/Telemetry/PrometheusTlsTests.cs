using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodeDns.Cache.Serve;
using NodeDns.Corefile;
using NodeDns.Telemetry;
using NodeDns.Testing;
using Xunit;

namespace NodeDns.Cache.Tests.Telemetry;

/// <summary>A real Prometheus that scrapes over HTTPS, with a certificate of its own.</summary>
public sealed class PrometheusTlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodedns-scrape-").FullName;
    private readonly MetricRegistry _registry = new();
    private readonly HttpEndpoint _endpoint = new();

    public void Dispose()
    {
        _endpoint.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Prometheus_scrapes_over_https_with_a_certificate()
    {
        Assert.SkipUnless(PrometheusServer.IsInstalled, "needs prometheus: eng/install test");
        MakeCertificates();
        _registry.Increment(_registry.Counter("seen_total", "Seen."));
        var at = Serve();
        using var prometheus = new PrometheusServer(
            Job("right", at, $"cert_file: {_folder}/client.pem, key_file: {_folder}/client.key, ") + Job("nameless", at, ""),
            "up{job='right'} == 1 and on() up{job='nameless'} == 0");
        Assert.Equal([1], prometheus.Ask("seen_total"));
        Assert.Equal([0], prometheus.Ask("max(max_over_time(up{job!='right'}[1m]))"));
    }

    private IPEndPoint Serve()
    {
        var web = Path.Combine(_folder, "web.yml");
        File.WriteAllText(
            web,
            """
            tls_server_config:
              cert_file: server.pem
              key_file: server.key
              client_auth_type: RequireAndVerifyClientCert
              client_ca_file: ca.pem
            """);
        var result = CorefileLoader.Load(
            "Corefile",
            $". {{\nprometheus 127.0.0.1:0 {{\ntls {web}\n}}\n}}",
            new CorefileOptions { Files = new DiskFiles() });
        Assert.Empty(result.Errors);
        Assert.Empty(_endpoint.Apply(HttpRoutes.Of(result.Config!, _registry, new Readiness())));
        return _endpoint.BoundAddress(IPAddress.Loopback, 0);
    }

    private string Job(string name, IPEndPoint at, string own) =>
        $"""
        - job_name: {name}
          scheme: https
          tls_config: {"{"} {own}ca_file: {_folder}/ca.pem {"}"}
          static_configs:
          - targets: ['{at}']

        """;

    private void MakeCertificates()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=root", rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var signer = root.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        File.WriteAllText(Path.Combine(_folder, "ca.pem"), signer.ExportCertificatePem());
        foreach (var name in (string[])["server", "client"])
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
            using var made = request.Create(signer, now.AddDays(-1), now.AddDays(1), [(byte)name.Length]);
            File.WriteAllText(Path.Combine(_folder, $"{name}.pem"), made.ExportCertificatePem());
            File.WriteAllText(Path.Combine(_folder, $"{name}.key"), key.ExportPkcs8PrivateKeyPem());
        }
    }
}
