using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DnsClient;
using NodeDns.Testing;

namespace NodeDns.Chart.Tests;

/// <summary>A guard, its cache, the webhook and the API server, scraped by a real Prometheus under the jobs that the chart's
/// monitors make. Started when a test first asks for it.</summary>
public sealed class ScrapedNode : IDisposable
{
    private readonly ApiServer _server;

    /// <summary>Started once: when it fails, it has failed for every test, and none waits for it again.</summary>
    private readonly Lazy<PrometheusServer> _prometheus;

    private readonly string _folder = Directory.CreateTempSubdirectory("scraped-node").FullName;
    private readonly FakeUpstream _upstream = new() { Otherwise = _ => FakeAnswer.With("answered.test. 1 IN A 192.0.2.1") };
    private readonly List<BuiltProgram> _programs = [];
    private readonly Lock _gate = new();
    private readonly int _dns = Ports.Next(), _guard = Ports.Next(), _cache = Ports.Next(), _admission = Ports.Next(), _webhook = Ports.Next();
    private int _round;

    public ScrapedNode(ApiServer server)
    {
        _server = server;
        _prometheus = new Lazy<PrometheusServer>(Start);
    }

    /// <summary>Skips the test where a program is missing.</summary>
    public void Require()
    {
        Assert.SkipUnless(PrometheusServer.IsInstalled, "needs prometheus: eng/install test");
        _server.Require();
        _ = _prometheus.Value;
    }

    /// <summary>Sends load, then asks; a caller repeats it until the query has numbers.</summary>
    public IReadOnlyList<double> AskAfterLoad(string query)
    {
        lock (_gate)
        {
            Load();
            return _prometheus.Value.Ask(query);
        }
    }

    public void Dispose()
    {
        if (_prometheus.IsValueCreated)
        {
            _prometheus.Value.Dispose();
        }

        foreach (var program in _programs)
        {
            program.Dispose();
        }

        _upstream.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private PrometheusServer Start()
    {
        var handover = Path.Combine(_folder, "handover.sock");
        var corefile = Path.Combine(_folder, "Corefile");
        File.WriteAllText(corefile, $$"""
            . {
                errors
                cache {
                    success 9984 30
                    serve_stale 1h immediate
                    prefetch 1 1m 50%
                }
                bind 127.0.0.1
                forward . {{_upstream.EndPoint}}
                prometheus 127.0.0.1:{{_cache}}
            }
            """);
        _programs.Add(new BuiltProgram(Tool.Ours("Cache", "node-dns-cache"), "guard", "--address", "127.0.0.1", "--dns-port", $"{_dns}", "--handover", handover,
            "--interface", "off", "--rules", "off", "--health-listen", "off", "--metrics-listen", $"127.0.0.1:{_guard}",
            "--cluster-dns", $"{_upstream.EndPoint}", "--probe-name", "probe.test", "--exit-mode", "teardown", "--workers", "1"));
        _programs.Add(new BuiltProgram(Tool.Ours("Cache", "node-dns-cache"), "serve", "--conf", corefile, "--dns-port", $"{_dns}", "--handover", handover,
            "--workers", "1"));
        WriteCertificate();
        _programs.Add(new BuiltProgram(Tool.Ours("Webhook", "node-dns-webhook"), "--listen", $"127.0.0.1:{_admission}", "--metrics-listen", $"127.0.0.1:{_webhook}",
            "--tls-cert", Path.Combine(_folder, "tls.crt"), "--tls-key", Path.Combine(_folder, "tls.key"), "--local-address", "127.0.0.1",
            "--cluster-dns", "192.0.2.10", "--cluster-domain", "cluster.local", "--host-searches", "none", "--probe-port", $"{_dns}", "--probe-seconds", "1"));
        FailOpen();
        return new PrometheusServer(
            $$"""
            - job_name: node-dns-cache
              static_configs: [{targets: ['127.0.0.1:{{_cache}}', '127.0.0.1:{{_guard}}']}]
            - job_name: node-dns-webhook
              static_configs: [{targets: ['127.0.0.1:{{_webhook}}']}]
            - job_name: apiserver
              scheme: https
              scrape_interval: 5s
              scrape_timeout: 5s
              authorization: {credentials: admin}
              tls_config: {insecure_skip_verify: true}
              static_configs: [{targets: ['{{_server.Address}}']}]
            """,
            "count(up == 1) == 4");
    }

    private void Load()
    {
        _round++;
        var client = new LookupClient(new LookupClientOptions(new IPEndPoint(IPAddress.Loopback, _dns)) { UseCache = false, Retries = 0, Timeout = TimeSpan.FromSeconds(5) });
        for (var i = 0; i < 5; i++)
        {
            client.Query("same.test", QueryType.A);
            client.Query($"n{_round}-{i}.test", QueryType.A);
        }

        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        using var http = new HttpClient(handler);
        foreach (var pod in new[] { """{"dnsPolicy":"ClusterFirst"}""", """{"dnsPolicy":"Default"}""" })
        {
            using var review = new StringContent($$$$"""
                {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u{{{{_round}}}}","kind":{"group":"","version":"v1","kind":"Pod"},
                 "resource":{"group":"","version":"v1","resource":"pods"},"namespace":"shop","operation":"CREATE","object":{"apiVersion":"v1","kind":"Pod",
                 "metadata":{"generateName":"a-","labels":{"nodedns.io/inject":"enabled"}},"spec":{{{{pod}}}} } } }
                """, Encoding.UTF8, "application/json");
            using var answer = http.PostAsync(new Uri($"https://127.0.0.1:{_admission}/mutate"), review).GetAwaiter().GetResult();
            Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
        }

        CreateUnchangedPod();
    }

    /// <summary>A webhook configuration whose Service has no pods: the API server asks in vain and goes on.</summary>
    private void FailOpen()
    {
        _server.Namespace("scraped");
        var installed = _server.Helm("upgrade", "--install", "scraped", Tool.ChartFolder, "--namespace", "scraped", "--no-hooks",
            "--set", "tls.mode=helm,webhook.timeoutSeconds=1");
        Assert.True(installed.ExitCode == 0, installed.Error);
    }

    private void CreateUnchangedPod() => _server.KubectlWith($$$"""
        {apiVersion: v1, kind: Pod, metadata: {name: pod-{{{_round}}}, namespace: default, labels: {nodedns.io/inject: enabled}},
         spec: {containers: [{name: a, image: a}]}}
        """, "create", "-f", "-");

    private void WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=webhook", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddHours(-1), now.AddDays(30));
        File.WriteAllText(Path.Combine(_folder, "tls.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, "tls.key"), key.ExportPkcs8PrivateKeyPem());
    }
}
