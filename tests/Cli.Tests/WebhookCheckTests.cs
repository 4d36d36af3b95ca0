using System.Security.Cryptography.X509Certificates;
using System.Text;
using NodeDns.Cli.Tests.Cluster;

namespace NodeDns.Cli.Tests;

/// <summary><c>doctor</c> and <c>report</c> ask the webhook's own program, through a real API server and a kubelet's
/// port-forward.</summary>
public sealed class WebhookCheckTests : IDisposable
{
    private const string Name = "node-dns-webhook.node-dns.svc";

    private readonly ControlPlane _cluster;
    private readonly StandInKubelet _kubelet;
    private readonly List<WebhookReplica> _replicas = [];

    public WebhookCheckTests(ControlPlane cluster)
    {
        _cluster = cluster;
        _cluster.Require();
        _cluster.Apply(Manifests.Release);
        _kubelet = new StandInKubelet(_cluster, "webhook-node");
    }

    public void Dispose()
    {
        _cluster.Do("delete", "mutatingwebhookconfiguration", "checked", "--ignore-not-found");
        _kubelet.Dispose();
        _replicas.ForEach(replica => replica.Dispose());
    }

    [Fact]
    public void A_webhook_in_order_has_no_finding()
    {
        using var pair = Certificates.SelfSigned(Name);
        Replicas(pair, 2);
        Configure(pair);
        var run = Plugin.Run(_cluster, "doctor", "--only", "NDN601,NDN603,NDN604,NDN605");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("4 checks: 0 errors, 0 warnings, 0 notes, 0 unknown", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Name, 3, true, "warning: the certificate of checked-0 ends at ")]
    [InlineData(Name, -1, true, "error: the certificate of checked-0 ends at ")]
    [InlineData("another.node-dns.svc", 90, true, "error: the certificate of checked-0 is not for " + Name)]
    [InlineData(Name, 90, false, "error: the certificate of checked-0 is not issued by the caBundle")]
    public void A_certificate_that_will_fail_is_found(string name, int days, bool isTrusted, string expected)
    {
        using var pair = Certificates.SelfSigned(name, TimeSpan.FromDays(days));
        using var other = Certificates.SelfSigned(name);
        Replicas(pair, 1);
        Configure(isTrusted ? pair : other);
        var run = Plugin.Run(_cluster, "doctor", "--only", "NDN603");
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public void A_configuration_without_a_bundle_is_found()
    {
        using var pair = Certificates.SelfSigned(Name);
        Replicas(pair, 1);
        Configure(null);
        Assert.Contains("error: the MutatingWebhookConfiguration has no caBundle", Plugin.Run(_cluster, "doctor", "--only", "NDN603").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_releases_configuration_is_not_compared()
    {
        using var pair = Certificates.SelfSigned(Name);
        using var other = Certificates.SelfSigned("webhook.elsewhere.svc");
        Replicas(pair, 1);
        Configure(pair);
        Configure(other, name: "elsewhere");
        try
        {
            var run = Plugin.Run(_cluster, "doctor", "--only", "NDN603", "-n", "node-dns");
            Assert.Equal((0, ""), (run.ExitCode, run.Error));
        }
        finally
        {
            _cluster.Do("delete", "mutatingwebhookconfiguration", "elsewhere");
        }
    }

    [Fact]
    public void Replicas_that_disagree_are_named_with_the_setting()
    {
        using var pair = Certificates.SelfSigned(Name);
        Replicas(pair, 1);
        Replicas(pair, 1, "--cluster-dns=10.96.0.11");
        var run = Plugin.Run(_cluster, "doctor", "--only", "NDN605");
        Assert.Contains("""replicas decide by different settings: checked-0 unlike checked-1; cluster-dns is ["10.96.0.10"] and ["10.96.0.11"]""", run.Output, StringComparison.Ordinal);
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public void Too_few_replicas_and_failure_policy_fail_are_found()
    {
        using var pair = Certificates.SelfSigned(Name);
        Configure(pair, "Fail");
        var run = Plugin.Run(_cluster, "doctor", "--only", "NDN601,NDN604");
        Assert.Contains("error: 0 of 1 replicas of the webhook are ready", run.Output, StringComparison.Ordinal);
        Assert.Contains("warning: failurePolicy of namespace.nodedns.io is Fail", run.Output, StringComparison.Ordinal);
    }

    /// <summary>What a replica says counts, and not the arguments of its Deployment.</summary>
    [Fact]
    public void A_report_is_made_by_the_settings_that_a_replica_says()
    {
        using var pair = Certificates.SelfSigned(Name);
        Replicas(pair, 1, "--mode=optOut");
        _cluster.Apply(Manifests.Namespace("said-settings", labelled: false) + Manifests.Pod("said-settings", "p"));
        var run = Plugin.Run(_cluster, "report", "-n", "said-settings");
        Assert.Contains("1 pod in namespace said-settings: 0 on the cache, 1 pending", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("arguments", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replica_of_another_version_is_found()
    {
        _kubelet.Pod("webhook", "old");
        _kubelet.Serve("old", 8080, ("/metrics", "nodedns_webhook_build_info{version=\"0.0.7\"} 1\n"), ("/settings", "{}"));
        var run = Plugin.Run(_cluster, "doctor", "--only", "NDN902");
        Assert.Contains("warning: webhook old: version 0.0.7; the others: ", run.Output, StringComparison.Ordinal);
    }

    private void Replicas(X509Certificate2 pair, int count, params string[] arguments)
    {
        for (var i = 0; i < count; i++)
        {
            _replicas.Add(new WebhookReplica(_kubelet, $"checked-{_replicas.Count}", pair, _cluster.Folder, arguments));
        }
    }

    /// <summary>The chart's configuration, of which the API server never calls the webhook: no namespace has the label.</summary>
    private void Configure(X509Certificate2? authority, string failurePolicy = "Ignore", string name = "checked")
    {
        var bundle = authority is null ? "" : $", caBundle: {Convert.ToBase64String(Encoding.UTF8.GetBytes(authority.ExportCertificatePem()))}";
        _cluster.Apply($$"""
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingWebhookConfiguration
            metadata: {name: {{name}}, labels: {app.kubernetes.io/name: node-dns-webhook} }
            webhooks:
            - name: namespace.nodedns.io
              admissionReviewVersions: [v1]
              sideEffects: None
              failurePolicy: {{failurePolicy}}
              namespaceSelector: {matchLabels: {nobody-has: this} }
              clientConfig: {service: {name: node-dns-webhook, namespace: {{(name == "checked" ? "node-dns" : name)}}, path: /mutate}{{bundle}} }
              rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
            """);
    }
}
