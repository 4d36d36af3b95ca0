using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace NodeDns.Chart.Tests;

public sealed class TlsTests(ApiServer server)
{
    [Fact]
    public void With_cert_manager_a_ca_of_five_years_signs_a_leaf_of_one()
    {
        var rendered = Rendered.With();
        var ca = rendered.One("Certificate", "nd-webhook-ca");
        Assert.Equal("true", ca.Text("spec.isCA"));
        Assert.Equal("43800h", ca.Text("spec.duration"));
        Assert.Equal("nd-webhook-selfsigned", ca.Text("spec.issuerRef.name"));
        var leaf = rendered.One("Certificate", "nd-webhook");
        Assert.Equal("8760h", leaf.Text("spec.duration"));
        Assert.Equal("nd-webhook-ca", leaf.Text("spec.issuerRef.name"));
        Assert.Equal("nd-webhook.node-dns.svc", leaf.Text("spec.dnsNames.0"));
        Assert.Equal(ca.Text("spec.secretName"), rendered.One("Issuer", "nd-webhook-ca").Text("spec.ca.secretName"));
        Assert.Equal("node-dns/nd-webhook", (string?)rendered.One("MutatingWebhookConfiguration", "nd-webhook")
            ["metadata"]!["annotations"]!["cert-manager.io/inject-ca-from"]);
    }

    [Fact]
    public void With_an_issuer_of_ones_own_the_chart_makes_no_ca()
    {
        var rendered = Rendered.With("--set", "tls.certManager.issuerRef.name=corp,tls.certManager.issuerRef.kind=ClusterIssuer");
        Assert.Empty(rendered.All("Issuer"));
        Assert.Equal("ClusterIssuer", Assert.Single(rendered.All("Certificate")).Text("spec.issuerRef.kind"));
    }

    [Fact]
    public void With_helm_the_bundle_is_the_ca_that_signed_the_leaf_in_the_secret()
    {
        server.Require();
        var installed = server.Helm("install", "nd", Tool.ChartFolder, "--namespace", "node-dns", "--dry-run=server", "--set", "tls.mode=helm");
        Assert.True(installed.ExitCode == 0, installed.Error);
        var rendered = Rendered.OfInstall(installed.Output);
        Assert.Empty(rendered.All("Certificate"));
        var secret = rendered.One("Secret", "nd-webhook-helm-tls");
        var bundle = rendered.One("MutatingWebhookConfiguration", "nd-webhook").Text("webhooks.0.clientConfig.caBundle");
        Assert.Equal(secret.At("data")!["ca.crt"]!.ToString(), bundle);
        using var ca = Certificate(bundle);
        using var leaf = Certificate(secret.At("data")!["tls.crt"]!.ToString());
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(ca);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        Assert.True(chain.Build(leaf), string.Join(' ', chain.ChainStatus.Select(s => s.StatusInformation)));
        Assert.True(leaf.MatchesHostname("nd-webhook.node-dns.svc"));
    }

    [Fact]
    public void With_helm_a_new_certificate_means_new_pods()
    {
        static string Checksum(int serial) => (string?)Rendered.With(GivenCertificate.AsValues(serial)).One("Deployment", "nd-webhook")
            .At("spec.template.metadata.annotations")!["node-dns/certificate"] ?? "";
        var first = Checksum(1);
        Assert.Equal(16, first.Length);
        Assert.NotEqual(first, Checksum(2));
    }

    /// <summary>Argo CD renders by helm template: a new certificate at each render would never be in sync.</summary>
    [Fact]
    public void Without_a_cluster_to_look_into_helm_makes_no_certificate()
    {
        var refusal = Rendered.Refusal("--set", "dns.clusterDNS={10.96.0.10},tls.mode=helm");
        Assert.Contains("tls.mode is helm", refusal, StringComparison.Ordinal);
        Assert.Contains("tls.helm.certificate", refusal, StringComparison.Ordinal);
        Assert.Contains("--dry-run=server", refusal, StringComparison.Ordinal);
        Assert.Contains("tls.mode is helm", Rendered.Refusal("--is-upgrade", "--set", "dns.clusterDNS={10.96.0.10},tls.mode=helm"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_that_is_given_renders_the_same_each_time()
    {
        var values = GivenCertificate.AsValues();
        Assert.Equal(Rendered.With(values).Text, Rendered.With(values).Text);
    }

    [Theory]
    [InlineData("certManager")]
    [InlineData("existingSecret")]
    public void Every_mode_that_documents_gitops_renders_the_same_each_time(string mode)
    {
        string[] values = ["--set", $"tls.mode={mode}", .. mode == "existingSecret" ? new[] { "--set", "tls.existingSecret=mine" } : []];
        Assert.Equal(Rendered.With(values).Text, Rendered.With(values).Text);
    }

    /// <summary>cert-manager leaves its Secret behind, and Helm takes over none that it did not make.</summary>
    [Fact]
    public void Each_mode_has_a_secret_of_its_own()
    {
        var managed = Rendered.With().One("Certificate", "nd-webhook").Text("spec.secretName");
        var helms = Rendered.With(GivenCertificate.AsValues()).All("Secret").Single().Text("metadata.name");
        Assert.NotEqual(managed, helms);
        Assert.DoesNotContain(Rendered.With().All("Secret"), _ => true);
    }

    [Fact]
    public void With_a_secret_of_ones_own_only_that_is_mounted()
    {
        var rendered = Rendered.With("--set", "tls.mode=existingSecret,tls.existingSecret=mine", "--set-string", "tls.caBundle=PEM");
        Assert.Empty(rendered.All("Secret"));
        Assert.Equal("mine", rendered.One("Deployment", "nd-webhook").Text("spec.template.spec.volumes.0.secret.secretName"));
        Assert.Equal("UEVN", rendered.One("MutatingWebhookConfiguration", "nd-webhook").Text("webhooks.0.clientConfig.caBundle"));
    }

    private static X509Certificate2 Certificate(string base64) =>
        X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(Convert.FromBase64String(base64)));
}
