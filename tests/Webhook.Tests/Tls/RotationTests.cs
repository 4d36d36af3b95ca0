using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NodeDns.Webhook.Tests.Support;
using NodeDns.Webhook.Tls;

namespace NodeDns.Webhook.Tests.Tls;

public sealed class RotationTests : IDisposable
{
    private const int Rotations = 20;

    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task Certificate_is_rotated_under_load_without_a_failed_call()
    {
        await using var webhook = await RunningWebhook.StartAsync(_certificates);
        var review = Encoding.UTF8.GetBytes(Pods.Review(Pods.Pod()).ToJsonString());
        using var stop = new CancellationTokenSource();
        var calls = 0;
        // Half of the callers keep their connection, as the API server does; the others shake hands for each call.
        Task[] callers = [.. Enumerable.Range(0, 4).Select(caller => Task.Run(() => CallAsync(caller % 2 == 0)))];

        for (var i = 0; i < Rotations; i++)
        {
            await CallsAsync(10);
            (var certificate, var key) = _certificates.Issue(rsa: i % 2 == 0);
            await File.WriteAllTextAsync(webhook.CertificatePath, certificate);
            webhook.App.Certificate.Poll(); // the new certificate with the old key: must not be taken
            await CallsAsync(3);
            await File.WriteAllTextAsync(webhook.KeyPath, key);
            webhook.App.Certificate.Poll();
            Assert.Equal(new X509CertificateSerial(certificate).Text, webhook.App.Certificate.Current!.Serial);
        }
        await CallsAsync(10);
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        Assert.Contains(
            $"nodedns_webhook_certificate_loads_total {Rotations + 1}\n", await webhook.GetAsync("/metrics"));

        async Task CallAsync(bool keep)
        {
            var client = RunningWebhook.NewClient(_certificates);
            while (!stop.IsCancellationRequested)
            {
                if (!keep)
                {
                    client.Dispose();
                    client = RunningWebhook.NewClient(_certificates);
                }
                using var content = new ByteArrayContent(review);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                using var message = await client.PostAsync(webhook.Mutate, content);
                Assert.Equal(HttpStatusCode.OK, message.StatusCode);
                Interlocked.Increment(ref calls);
            }
            client.Dispose();
        }

        async Task CallsAsync(int more)
        {
            for (var until = Volatile.Read(ref calls) + more; Volatile.Read(ref calls) < until;)
            {
                if (Array.Find(callers, caller => caller.IsFaulted) is { } failed)
                {
                    await failed;
                }

                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task New_connections_get_the_new_certificate()
    {
        await using var webhook = await RunningWebhook.StartAsync(_certificates);
        Assert.Equal(webhook.App.Certificate.Current!.Serial, await SerialAsync(webhook.Mutate));

        (var certificate, var key) = _certificates.Issue();
        await File.WriteAllTextAsync(webhook.CertificatePath, certificate);
        await File.WriteAllTextAsync(webhook.KeyPath, key);
        webhook.App.Certificate.Poll();

        Assert.Equal(new X509CertificateSerial(certificate).Text, await SerialAsync(webhook.Mutate));
        Assert.Contains(
            $"nodedns_webhook_certificate_expiry_timestamp_seconds {webhook.App.Certificate.Current!.NotAfter.ToUnixTimeSeconds()}",
            await webhook.GetAsync("/metrics"));
    }

    [Fact]
    public async Task Files_that_became_no_pair_are_counted_and_shown_and_the_last_pair_serves()
    {
        await using var webhook = await RunningWebhook.StartAsync(_certificates);
        var serial = webhook.App.Certificate.Current!.Serial;
        await File.WriteAllTextAsync(webhook.KeyPath, "nonsense");
        webhook.App.Certificate.Poll();
        webhook.App.Certificate.Poll();

        Assert.Equal(serial, await SerialAsync(webhook.Mutate));
        Assert.Contains("nodedns_webhook_certificate_failures_total 1\n", await webhook.GetAsync("/metrics"));
        Assert.Contains(
            "the files now: tls-key: expected a PEM block PRIVATE KEY", await webhook.GetAsync("/readyz?verbose"));
        Assert.Contains("certificate not loaded, the last good one stays in use: tls-key", webhook.Log.ToString());
    }

    [Theory]
    [InlineData("missing", "tls-key: ")]
    [InlineData("other key", "tls-key: not the private key of the certificate in tls-cert (CN=webhook)")]
    [InlineData("no certificate", "tls-cert: expected a PEM block CERTIFICATE")]
    [InlineData("encrypted key", "tls-key: the key is encrypted")]
    public void Wrong_pair_stops_the_start_with_what_is_wrong(string what, string expected)
    {
        using var folder = new TemporaryFolder();
        (var certificate, var key) = _certificates.Issue();
        var certificatePath = folder.Write("tls.crt", what == "no certificate" ? "nonsense" : certificate);
        var keyPath = what switch
        {
            "missing" => folder.File("tls.key"),
            "other key" => folder.Write("tls.key", _certificates.Issue().Key),
            "encrypted key" => folder.Write("tls.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----"),
            _ => folder.Write("tls.key", key),
        };
        using var source = new FileCertificateSource(
            certificatePath, keyPath, TimeSpan.FromHours(1), TimeProvider.System, new NodeDns.Webhook.Telemetry.MetricRegistry(),
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

        Assert.Null(source.Current);
        Assert.StartsWith(expected, source.Problem);
    }

    [Fact]
    public void Expired_certificate_serves_and_is_warned_of()
    {
        using var folder = new TemporaryFolder();
        (var certificate, var key) = _certificates.Issue(lifetime: TimeSpan.FromMinutes(-1));
        var log = new StringWriter();
        using var logs = new NodeDns.Webhook.Telemetry.ConsoleLog(
            Microsoft.Extensions.Logging.LogLevel.Information, log, TimeProvider.System);
        using var source = new FileCertificateSource(
            folder.Write("tls.crt", certificate), folder.Write("tls.key", key), TimeSpan.FromHours(1),
            TimeProvider.System, new NodeDns.Webhook.Telemetry.MetricRegistry(), logs.CreateLogger("test"));

        Assert.NotNull(source.Current);
        Assert.Contains("expired at", log.ToString());
    }

    private async Task<string> SerialAsync(Uri endpoint)
    {
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, endpoint.Port);
        string? serial = null;
        await using var tls = new System.Net.Security.SslStream(socket.GetStream(), false, (_, certificate, _, _) =>
        {
            serial = ((X509Certificate2)certificate!).SerialNumber;
            return certificate.Issuer == _certificates.Authority.Subject;
        });
        await tls.AuthenticateAsClientAsync("localhost");
        return serial!;
    }

    private sealed class X509CertificateSerial
    {
        public X509CertificateSerial(string pem)
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            Text = certificate.SerialNumber;
        }

        public string Text { get; }
    }
}
