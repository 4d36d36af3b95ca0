using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NodeDns.Cache.Serve;
using NodeDns.Corefile;
using NodeDns.Telemetry;
using Xunit;

namespace NodeDns.Cache.Tests.Telemetry;

public sealed class HttpsEndpointTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodedns-https-").FullName;
    private readonly MetricRegistry _registry = new();
    private readonly MemoryStream _logged = new();
    private readonly StderrLogger _logger;
    private readonly HttpEndpoint _endpoint;

    public HttpsEndpointTests()
    {
        _logger = new StderrLogger(_logged);
        _endpoint = new HttpEndpoint(_logger.CreateLogger("plugin/prometheus"));
    }

    private string CertificateFile => Path.Combine(_folder, "cert.pem");

    private string ClientCaFile => Path.Combine(_folder, "ca.pem");

    private string KeyFile => Path.Combine(_folder, "key.pem");

    public void Dispose()
    {
        _endpoint.Dispose();
        _logger.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Metrics_are_served_over_https()
    {
        _registry.Increment(_registry.Counter("a_total", "A."));
        for (var i = 0; i < 3000; i++)
        {
            _registry.Increment(_registry.Counter("b_total", "B.", ("i", $"{i}")));
        }

        Write("one");
        Assert.Empty(_endpoint.Apply([Route()]));
        (var answer, var name) = await Ask("GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n");
        Assert.Equal("CN=one", name);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\nb_total{i=\"2999\"} 1\n", answer, StringComparison.Ordinal);
        Assert.Equal(3000, answer.Split("\nb_total{", StringSplitOptions.None).Length - 1);
    }

    [Fact]
    public async Task Pipelined_and_long_requests_in_one_record_are_all_answered()
    {
        Write("one");
        _endpoint.Apply([Route()]);
        var asked = string.Concat(Enumerable.Repeat($"GET /{new string('x', 1500)} HTTP/1.1\r\n\r\n", 5));
        (var answer, _) = await Ask(asked + "GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n");
        Assert.Equal(5, answer.Split("HTTP/1.1 404 Not Found\r\n").Length - 1);
        Assert.Equal(1, answer.Split("HTTP/1.1 200 OK\r\n").Length - 1);
    }

    [Fact]
    public async Task New_certificate_is_shown_and_a_broken_one_is_not()
    {
        // As kubelet mounts a Secret: what changes is a link to the folder that a file links to.
        Directory.CreateDirectory(Path.Combine(_folder, "v1"));
        File.CreateSymbolicLink(Path.Combine(_folder, "..data"), "v1");
        File.CreateSymbolicLink(CertificateFile, "..data/cert.pem");
        File.CreateSymbolicLink(KeyFile, "..data/key.pem");
        Write("one");
        Touch(-1);
        _endpoint.Apply([Route()]);
        Assert.Equal("CN=one", (await Ask("GET / HTTP/1.0\r\n\r\n")).Name);
        Directory.CreateDirectory(Path.Combine(_folder, "v2"));
        File.Delete(Path.Combine(_folder, "..data"));
        File.CreateSymbolicLink(Path.Combine(_folder, "..data"), "v2");
        Write("two");
        Assert.Equal("CN=two", (await Ask("GET / HTTP/1.0\r\n\r\n")).Name);
        File.WriteAllText(CertificateFile, "nonsense");
        Touch(2);
        Assert.Equal("CN=two", (await Ask("GET / HTTP/1.0\r\n\r\n")).Name);
    }

    [Fact]
    public async Task Client_without_a_certificate_is_refused_where_one_is_asked_for()
    {
        using var own = Write("one");
        _endpoint.Apply([Route() with
        {
            Tls = Verified(CertificateFile),
        }]);
        await Assert.ThrowsAnyAsync<IOException>(() => Ask("GET /metrics HTTP/1.0\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 200 OK", (await Ask("GET /metrics HTTP/1.0\r\n\r\n", own)).Answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Client_with_a_certificate_resumes_its_session(SslProtocols protocol)
    {
        using var own = Write("one");
        _endpoint.Apply([Route() with
        {
            Tls = Verified(CertificateFile),
        }]);
        for (var i = 0; i < 3; i++)
        {
            Assert.StartsWith(
                "HTTP/1.1 200 OK",
                (await Ask("GET /metrics HTTP/1.0\r\n\r\n", own, protocol)).Answer,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Client_whose_certificate_another_signed_is_refused()
    {
        Write("one");
        using var another = Make("two", out _, out _);
        Serve("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: cert.pem\n");
        await Assert.ThrowsAnyAsync<IOException>(() => Ask("GET /metrics HTTP/1.0\r\n\r\n", another));
    }

    [Fact]
    public async Task New_roots_of_clients_are_used()
    {
        using var own = Write("one");
        using var old = Make("two", out var oldRoot, out _);
        File.WriteAllText(ClientCaFile, oldRoot);
        File.SetLastWriteTimeUtc(ClientCaFile, TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-1));
        _endpoint.Apply([Route() with
        {
            Tls = Verified(ClientCaFile),
        }]);
        Assert.StartsWith("HTTP/1.1 200 OK", (await Ask("GET /metrics HTTP/1.0\r\n\r\n", old)).Answer, StringComparison.Ordinal);
        File.Copy(CertificateFile, ClientCaFile, overwrite: true);
        Assert.StartsWith("HTTP/1.1 200 OK", (await Ask("GET /metrics HTTP/1.0\r\n\r\n", own)).Answer, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<IOException>(() => Ask("GET /metrics HTTP/1.0\r\n\r\n", old));
    }

    [Fact]
    public async Task Certificate_that_cannot_be_used_is_logged_once()
    {
        Write("one");
        _endpoint.Apply([Route()]);
        File.WriteAllText(CertificateFile, "nonsense");
        File.SetLastWriteTimeUtc(CertificateFile, TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(1));
        await Ask("GET / HTTP/1.0\r\n\r\n");
        await Ask("GET / HTTP/1.0\r\n\r\n");
        File.Delete(CertificateFile);
        File.Delete(KeyFile);
        await Ask("GET / HTTP/1.0\r\n\r\n");
        await Ask("GET / HTTP/1.0\r\n\r\n");
        Write("two");
        await Ask("GET / HTTP/1.0\r\n\r\n");
        _endpoint.Dispose();
        var lines = Encoding.UTF8.GetString(_logged.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.All(lines[..2], line => Assert.Matches(
            $"^\\[ERROR\\] plugin/prometheus: tls: {CertificateFile}: .*; what was read before stays in force", line));
        Assert.Equal($"[INFO] plugin/prometheus: tls: {CertificateFile} read again", lines[2]);
    }

    [Theory]
    [InlineData(". {\nprometheus 127.0.0.1:0\n}\na {\nprometheus 127.0.0.1:0 {\ntls WEB\n}\n}")]
    [InlineData(". {\nprometheus 127.0.0.1:0 {\ntls WEB\n}\n}\na {\nprometheus 127.0.0.1:0\n}")]
    public async Task Blocks_that_share_an_address_share_its_tls(string corefile)
    {
        Write("one");
        var web = Path.Combine(_folder, "web.yml");
        File.WriteAllText(web, "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n");
        var result = CorefileLoader.Load(
            "Corefile", corefile.Replace("WEB", web, StringComparison.Ordinal), new CorefileOptions { Files = new DiskFiles() });
        Assert.Empty(result.Errors);
        Assert.Empty(_endpoint.Apply(HttpRoutes.Of(result.Config!, _registry, new Readiness())));
        Assert.StartsWith("HTTP/1.1 200 OK", (await Ask("GET /metrics HTTP/1.0\r\n\r\n")).Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_that_speaks_plain_http_is_closed()
    {
        Write("one");
        _endpoint.Apply([Route()]);
        using var client = new TcpClient();
        await client.ConnectAsync(_endpoint.BoundAddress(IPAddress.Loopback, 0));
        await client.GetStream().WriteAsync("GET /metrics HTTP/1.0\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        var answer = "";
        try
        {
            answer = await reader.ReadToEndAsync();
        }
        catch (IOException)
        {
            // Closed with its request unread: a reset.
        }
        Assert.DoesNotContain("200 OK", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_cannot_be_used_are_told_and_nothing_listens() => Assert.Contains(
        "prometheus tls: " + _folder, Assert.Single(_endpoint.Apply([Route()])), StringComparison.Ordinal);

    /// <summary>As a block that names a web configuration with these lines.</summary>
    private void Serve(string lines)
    {
        var web = Path.Combine(_folder, "web.yml");
        File.WriteAllText(web, "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n" + lines);
        Load(web);
    }

    private void Load(string web)
    {
        var result = CorefileLoader.Load("Corefile", $". {{\nprometheus 127.0.0.1:0 {{\ntls {web}\n}}\n}}",
            new CorefileOptions { Files = new DiskFiles() });
        Assert.Empty(result.Errors);
        Assert.Empty(_endpoint.Apply(HttpRoutes.Of(result.Config!, _registry, new Readiness())));
    }

    private HttpRoute Route() => new("prometheus", IPAddress.Loopback, 0, "/metrics", new MetricsPage(_registry))
    {
        Tls = new HttpTlsOptions(CertificateFile, KeyFile, null),
    };

    private HttpTlsOptions Verified(string roots) => new(CertificateFile, KeyFile, roots);

    private X509Certificate2 Write(string name)
    {
        var made = Make(name, out var certificate, out var key);
        File.WriteAllText(CertificateFile, certificate);
        File.WriteAllText(KeyFile, key);
        return made;
    }

    private static X509Certificate2 Make(string name, out string certificatePem, out string keyPem)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(
            TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        certificatePem = made.ExportCertificatePem();
        keyPem = key.ExportPkcs8PrivateKeyPem();
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    private void Touch(int minutes) =>
        File.SetLastWriteTimeUtc(
            File.ResolveLinkTarget(CertificateFile, returnFinalTarget: true)!.FullName,
            TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(minutes));

    private async Task<(string Answer, string Name)> Ask(
        string request, X509Certificate2? own = null, SslProtocols protocol = SslProtocols.None)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_endpoint.BoundAddress(IPAddress.Loopback, 0));
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "one",
            EnabledSslProtocols = protocol,
            ClientCertificates = own is null ? null : [own],
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject is "CN=one" or "CN=two",
        });
        await tls.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(tls, Encoding.Latin1);
        return (await reader.ReadToEndAsync(), tls.RemoteCertificate!.Subject);
    }
}
