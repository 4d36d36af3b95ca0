using System.Net;
using System.Net.Http.Headers;
using System.Text;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Namespaces;
using NodeDns.Webhook.Options;

namespace NodeDns.Webhook.Tests.Support;

/// <summary>The whole program in this process, on loopback, with a certificate of its own.</summary>
internal sealed class RunningWebhook : IAsyncDisposable
{
    /// <summary>What every test's webhook is told unless the test says otherwise: nothing from this machine.</summary>
    private const string Defaults =
        "--listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0 --cluster-dns 10.96.0.10 --cluster-domain cluster.local "
        + "--host-searches none --probe false --log-level debug";

    private readonly TemporaryFolder _folder = new();

    private RunningWebhook(
        TestCertificates certificates, string arguments, Func<ApiServer?>? apiServer, StringWriter log)
    {
        Log = log;
        (var certificate, var key) = certificates.Issue();
        CertificatePath = _folder.Write("tls.crt", certificate);
        KeyPath = _folder.Write("tls.key", key);
        var words = $"{Defaults} --tls-cert {CertificatePath} --tls-key {KeyPath} {arguments}"
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var reader = new OptionsReader(words, _ => null);
        var options = WebhookOptionsValidator.Validate(reader, File.ReadAllText);
        Assert.True(options is not null, string.Join('\n', reader.Errors));
        App = new WebhookApp(options, ListenSockets.Bind(options), TimeProvider.System, TextWriter.Synchronized(log),
            apiServer ?? (() => throw new InvalidOperationException("no API server in this test")));
        Client = NewClient(certificates);
    }

    public WebhookApp App { get; }

    public string CertificatePath { get; }

    public string KeyPath { get; }

    public StringWriter Log { get; }

    public HttpClient Client { get; }

    public Uri Mutate => new(App.Addresses[0], "/mutate");

    public Uri Metrics => App.Addresses[^1];

    public static async Task<RunningWebhook> StartAsync(
        TestCertificates certificates, string arguments = "", Func<ApiServer?>? apiServer = null)
    {
        var webhook = new RunningWebhook(certificates, arguments, apiServer, new StringWriter());
        await webhook.App.StartAsync();
        return webhook;
    }

    /// <summary>A client that trusts the test's authority alone, as the API server trusts caBundle.</summary>
    public static HttpClient NewClient(TestCertificates certificates)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new()
        {
            TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { certificates.Authority },
            RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
        };
        return new HttpClient(handler)
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    public async Task<HttpResponseMessage> PostAsync(string body, string contentType = "application/json") =>
        await PostAsync(Encoding.UTF8.GetBytes(body), contentType);

    public async Task<HttpResponseMessage> PostAsync(byte[] body, string contentType = "application/json")
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return await Client.PostAsync(Mutate, content);
    }

    /// <summary>From the metrics listener, whatever the status.</summary>
    public async Task<string> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Metrics, path));
        request.Version = HttpVersion.Version11;
        using var response = await Client.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>Waits until the node cache is known to answer or not.</summary>
    public Task CacheProbedAsync() => Until.TrueAsync(() => App.CacheState != CacheState.Unknown);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.DisposeAsync();
        _folder.Dispose();
    }
}
