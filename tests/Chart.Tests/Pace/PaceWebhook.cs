using System.Text;
using System.Text.Json.Nodes;
using NodeDns.Testing;

namespace NodeDns.Chart.Tests.Pace;

/// <summary>The webhook with the chart's arguments, in a mount namespace that has a service account's files as a pod has; and the
/// chart's webhook configuration, which leads to it on loopback.</summary>
internal sealed class PaceWebhook : IDisposable
{
    private readonly PaceCluster _cluster;
    private readonly Rendered _chart;
    private readonly BuiltProgram _program;
    private readonly HttpClient _http = new();
    private readonly int _admission = Ports.Next(), _pages = Ports.Next();

    /// <param name="cluster">The cluster, whose namespaces it reads.</param>
    /// <param name="values">Further values of the chart, as <c>--set</c> has them.</param>
    public PaceWebhook(PaceCluster cluster, params string[] values)
    {
        _cluster = cluster;
        // It would send its questions to 169.254.20.10 of this machine.
        _chart = Rendered.With([.. values.Append("selection.namespaceSettings=true,webhook.probe=false").SelectMany(value => new[] { "--set", value })]);
        var tls = Path.Combine(cluster.Folder, "tls");
        Secret = new MountedSecret(tls);
        var account = Directory.CreateDirectory(Path.Combine(cluster.Folder, "account")).FullName;
        File.WriteAllText(Path.Combine(account, "token"), "admin");
        File.Copy(Path.Combine(cluster.Folder, "apiserver.crt"), Path.Combine(account, "ca.crt"));
        var resolvConf = Path.Combine(cluster.Folder, "resolv.conf");
        File.WriteAllText(resolvConf, "search node-dns.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n");
        _program = new BuiltProgram("unshare",
        [
            "--mount", "sh", "-ec",
            """
            account=$1; shift
            mount -t tmpfs none "$(readlink -f /var/run)"
            mkdir -p /var/run/secrets/kubernetes.io
            ln -s "$account" /var/run/secrets/kubernetes.io/serviceaccount
            exec env "$@"
            """,
            "-", account, "KUBERNETES_SERVICE_HOST=127.0.0.1", $"KUBERNETES_SERVICE_PORT={cluster.Port}",
            Tool.Ours("Webhook", "node-dns-webhook"), .. Container.Strings("args"), $"--resolv-conf={resolvConf}",
            $"--listen=127.0.0.1:{_admission}", $"--metrics-listen=127.0.0.1:{_pages}", $"--tls-cert={tls}/tls.crt", $"--tls-key={tls}/tls.key",
        ]);
    }

    public MountedSecret Secret { get; }

    public long PeakResidentBytes => _program.PeakResidentBytes;

    /// <summary>The chart's limit, such as 128Mi.</summary>
    public string MemoryLimit => Container.Text("resources.limits.memory");

    private JsonNode Container => _chart.One("Deployment", "nd-webhook").Container("webhook");

    public async Task<bool> IsReady()
    {
        try
        {
            using var reply = await _http.GetAsync(new Uri($"http://127.0.0.1:{_pages}/readyz"));
            return reply.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // Not listening yet.
            return false;
        }
    }

    public Task<string> Metrics() => _http.GetStringAsync(new Uri($"http://127.0.0.1:{_pages}/metrics"));

    /// <summary>How many pods it has changed.</summary>
    public async Task<double> Changed() => Testing.Metrics.Sum(await Metrics(), "nodedns_webhook_injected_total");

    /// <summary>Tells the API server of the webhook, and which authorities to trust.</summary>
    public void Configure(string authorities)
    {
        var configuration = _chart.One("MutatingWebhookConfiguration", "nd-webhook").DeepClone();
        foreach (var entry in configuration["webhooks"]!.AsArray())
        {
            entry!["clientConfig"] = new JsonObject
            {
                ["url"] = $"https://127.0.0.1:{_admission}/mutate",
                ["caBundle"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(authorities)),
            };
        }

        var run = _cluster.KubectlWith(configuration.ToJsonString(), "apply", "--server-side", "-f", "-");
        Assert.True(run.ExitCode == 0, run.Error);
    }

    /// <summary>Replaces the certificate in the mounted Secret, and waits until it is in use.</summary>
    public async Task RenewCertificate()
    {
        var before = await Loads();
        Secret.Renew();
        await PaceCluster.Until(async () => await Loads() > before, "the new certificate is not taken into use");
    }

    public void Kill() => _program.Kill();

    public void Dispose()
    {
        _program.Dispose();
        Secret.Dispose();
        _http.Dispose();
    }

    private async Task<double> Loads() => Testing.Metrics.Sum(await Metrics(), "nodedns_webhook_certificate_loads_total");
}
