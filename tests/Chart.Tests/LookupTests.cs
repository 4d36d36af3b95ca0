using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

/// <summary>What Helm reads of the cluster, and with which rights.</summary>
public sealed class LookupTests : IDisposable
{
    private readonly FakeApiServer _server = new();

    public void Dispose() => _server.Dispose();

    /// <summary>An error of a look-up fails the install, also where only the notes wanted to know.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("webhook.enabled=false")]
    [InlineData("cache.enabled=false")]
    [InlineData("tls.mode=helm")]
    [InlineData("tls.mode=existingSecret,tls.existingSecret=mine")]
    public void An_account_that_may_read_nothing_of_kube_system_can_install(string values)
    {
        _server.Forbidden = "/api/v1/namespaces/kube-system";
        var installed = _server.Install("--set", "dns.clusterDNS={10.96.0.10}", "--set", values);
        Assert.True(installed.ExitCode == 0, installed.Error);
        Assert.Contains("is installed as nd", installed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_address_of_the_service_goes_to_cache_guard_and_webhook()
    {
        _server.Objects["/api/v1/namespaces/kube-system/services/kube-dns"] = Service("kube-dns", "10.96.0.10");
        var installed = _server.Install();
        Assert.True(installed.ExitCode == 0, installed.Error);
        var rendered = Rendered.OfInstall(installed.Output);
        Assert.Contains("--cluster-dns=10.96.0.10", rendered.One("Deployment", "nd-webhook").Container("webhook").Strings("args"));
        Assert.All(new[] { "guard", "cache" }, name => Assert.Contains("--cluster-dns=10.96.0.10",
            rendered.One("DaemonSet", "nd-cache").Container(name).Strings("args")));
    }

    [Fact]
    public void A_certificate_that_helm_made_is_kept()
    {
        _server.Objects["/api/v1/namespaces/node-dns/secrets/nd-webhook-helm-tls"] = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject
            {
                ["name"] = "nd-webhook-helm-tls",
                ["namespace"] = "node-dns",
                ["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = "Helm" },
                ["annotations"] = new JsonObject
                {
                    ["meta.helm.sh/release-name"] = "nd",
                    ["meta.helm.sh/release-namespace"] = "node-dns",
                },
            },
            ["data"] = new JsonObject { ["ca.crt"] = "Y2E=", ["tls.crt"] = "Y2VydA==", ["tls.key"] = "a2V5" },
        };
        var installed = _server.Install("--set", "dns.clusterDNS={10.96.0.10},tls.mode=helm");
        Assert.True(installed.ExitCode == 0, installed.Error);
        Assert.Equal("Y2E=", Rendered.OfInstall(installed.Output).One("MutatingWebhookConfiguration", "nd-webhook")
            .Text("webhooks.0.clientConfig.caBundle"));
    }

    private static JsonObject Service(string name, string address) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Service",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "kube-system" },
        ["spec"] = new JsonObject { ["clusterIP"] = address, ["clusterIPs"] = new JsonArray(address) },
    };
}
