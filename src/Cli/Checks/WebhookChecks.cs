using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Cli.Rollouts;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Checks;

/// <summary>Checks that the webhook runs and that the API server can use it.</summary>
internal static class WebhookChecks
{
    private const int ExpiryDays = 7;

    public static async Task ReplicasAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var release = await examination.InstalledAsync(cancel);
        var wanted = ObjectView.Number(release.Webhook.Member("spec"u8), "replicas"u8);
        var ready = (await examination.ReplicasAsync(cancel)).Count;
        if (ready < wanted)
        {
            findings.Add(new Finding(
                ready == 0 ? Level.Error : Level.Warning, $"{ready} of {wanted} replicas of the webhook are ready",
                $"kubectl describe pods -n {release.Namespace} -l app.kubernetes.io/name=node-dns-webhook"));
        }
    }

    /// <summary>Tests the webhook with a dry-run pod in a namespace that has the label.</summary>
    public static async Task AnswerAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var survey = await examination.SurveyAsync(cancel);
        var ns = survey.Namespaces.Where(one => one.Value.Inject == true).Select(one => one.Key).Order(StringComparer.Ordinal).FirstOrDefault();
        if (ns is not null && await new Probe(examination.Api, survey).AskAsync(ns, on: true, cancel) is { } wrong)
        {
            findings.Add(new Finding(
                Level.Error, wrong,
                $"see checks NDN601 and NDN603; can the API server reach Service {survey.Release?.Namespace}'s pods (firewall, webhook.hostNetwork)?"));
        }
    }

    public static async Task CertificateAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var release = await examination.InstalledAsync(cancel);
        if (release.Webhook.IsAbsent)
        {
            return;
        }

        var entries = (await OursAsync(examination, cancel)).SelectMany(one => one.Member("webhooks"u8).Items.ToList()).ToList();
        var bundles = entries.Select(entry => entry.Member("clientConfig"u8).Text("caBundle"u8) ?? "").Distinct().ToList();
        if (bundles.Count == 0 || bundles.Contains(""))
        {
            findings.Add(new Finding(
                Level.Error, "the MutatingWebhookConfiguration has no caBundle: the API server cannot trust the webhook",
                $"kubectl describe certificate -n {release.Namespace}; is cert-manager's cainjector running?"));
            return;
        }

        var port = Release.Port(release.Webhook, "webhook", "listen", 8443);
        var service = entries[0].Member("clientConfig"u8).Member("service"u8).Text("name"u8) ?? "node-dns-webhook";
        var name = $"{service}.{release.Namespace}.svc";
        foreach (var pod in await examination.ReplicasAsync(cancel))
        {
            using var served = await ServedAsync(examination.Api, release.Namespace, ObjectView.Name(pod), port, name, cancel);
            var left = served.NotAfter.ToUniversalTime() - TimeProvider.System.GetUtcNow().UtcDateTime;
            if (left < TimeSpan.FromDays(ExpiryDays))
            {
                findings.Add(new Finding(
                    left < TimeSpan.Zero ? Level.Error : Level.Warning,
                    $"the certificate of {ObjectView.Name(pod)} ends at {served.NotAfter.ToUniversalTime().ToString("u", CultureInfo.InvariantCulture)}",
                    $"kubectl describe certificate -n {release.Namespace}; or renew the Secret"));
            }

            if (!served.MatchesHostname(name))
            {
                findings.Add(new Finding(
                    Level.Error, $"the certificate of {ObjectView.Name(pod)} is not for {name}", "issue it for that name"));
            }

            foreach (var bundle in bundles.Where(bundle => !IsTrusted(served, bundle)))
            {
                findings.Add(new Finding(
                    Level.Error, $"the certificate of {ObjectView.Name(pod)} is not issued by the caBundle ({bundle.Length} characters) of the MutatingWebhookConfiguration",
                    "with cert-manager, wait a minute for its cainjector; with tls.mode=helm, helm upgrade; with existingSecret, set tls.caBundle"));
            }
        }
    }

    public static async Task FailurePolicyAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        foreach (var configuration in await OursAsync(examination, cancel))
        {
            foreach (var entry in configuration.Member("webhooks"u8).Items.Where(entry => entry.Says("failurePolicy"u8, "Fail"u8)))
            {
                findings.Add(new Finding(
                    Level.Warning, $"failurePolicy of {entry.Text("name"u8)} is Fail: while the webhook is away no pod that it selects can be made",
                    "helm upgrade with webhook.failurePolicy=Ignore"));
            }
        }
    }

    public static async Task SettingsAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var said = new Dictionary<string, List<string>>();
        foreach (var pod in await examination.ReplicasAsync(cancel))
        {
            var settings = await examination.ReplicaPageAsync(pod, "/settings", cancel);
            if (!said.TryGetValue(settings, out var pods))
            {
                said[settings] = pods = [];
            }

            pods.Add(ObjectView.Name(pod));
        }

        if (said.Count > 1)
        {
            findings.Add(new Finding(
                Level.Warning, $"replicas decide by different settings: {string.Join(" unlike ", said.Values.Select(pods => string.Join(", ", pods)))}; {Difference([.. said.Keys])}",
                "set that value, so that it is not detected: docs/metrics-webhook.md"));
        }
    }

    /// <summary>The configurations that call the webhook of this release.</summary>
    private static async Task<List<JsonElement>> OursAsync(Examination examination, CancellationToken cancel)
    {
        var release = await examination.InstalledAsync(cancel);
        return [.. (await examination.WebhookConfigurationsAsync(cancel)).Where(one =>
            one.Member("metadata"u8).Member("labels"u8).Says("app.kubernetes.io/name"u8, "node-dns-webhook"u8)
            && one.Member("webhooks"u8).Items.All(entry =>
                entry.Member("clientConfig"u8).Member("service"u8).Text("namespace"u8) is not { } ns || ns == release.Namespace))];
    }

    /// <summary>The first setting in which two replicas differ.</summary>
    private static string Difference(string[] settings)
    {
        using var first = JsonDocument.Parse(settings[0]);
        using var second = JsonDocument.Parse(settings[1]);
        foreach (var member in first.RootElement.Members)
        {
            var other = second.RootElement.Member(Encoding.UTF8.GetBytes(member.Name));
            if (other.IsAbsent || other.GetRawText() != member.Value.GetRawText())
            {
                return $"{member.Name} is {member.Value.GetRawText()} and {(other.IsAbsent ? "not there" : other.GetRawText())}";
            }
        }

        return "they are of different versions";
    }

    private static async Task<X509Certificate2> ServedAsync(
        ApiClient api, string ns, string pod, int port, string name, CancellationToken cancel)
    {
        try
        {
            await using var tunnel = await PortForward.OpenAsync(api, ns, pod, port, cancel);
            X509Certificate2? served = null;
            await using var tls = new SslStream(tunnel);
            // Accept any certificate, because no data is sent. The caller compares it with the caBundle.
#pragma warning disable CA5359
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = name,
                    RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    {
                        served = certificate is null ? null : X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
                        return true;
                    },
                },
                cancel);
#pragma warning restore CA5359
            return served ?? throw new ClusterException($"pod {ns}/{pod}: port {port} shows no certificate");
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            throw new ClusterException($"pod {ns}/{pod}: no TLS at port {port}: {e.Message}");
        }
    }

    private static bool IsTrusted(X509Certificate2 served, string bundle)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        // A certificate that has expired is another finding.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(bundle)));
        return chain.Build(served);
    }
}
