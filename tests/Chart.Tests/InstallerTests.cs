using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

/// <summary>docs/examples/installer.yaml: the rights of an account that installs the chart.</summary>
public sealed class InstallerTests(MonitoredApiServer server) : IClassFixture<MonitoredApiServer>, IDisposable
{
    private const string Installer = "installer-of-the-docs";
    private const string Namespace = "installer-ns";
    private const string Monitoring = "monitoring.serviceMonitor.enabled=true,monitoring.prometheusRule.enabled=true,monitoring.dashboards.enabled=true";

    private string? _given;

    public void Dispose()
    {
        if (_given is not null)
        {
            server.Helm("uninstall", "nd", "--namespace", Namespace, "--no-hooks");
            server.KubectlWith(_given, "delete", "--ignore-not-found", "-f", "-");
        }
    }

    [Theory]
    [InlineData("webhook.enabled=true")]
    [InlineData(Monitoring)]
    public void They_suffice_to_install_upgrade_and_uninstall(string values)
    {
        Give(Rights());
        Done(AsInstaller("install", "nd", Tool.ChartFolder, "--set", values));
        Assert.Contains("nd-cluster-dns", server.Kubectl("get", "services", "-n", "kube-system").Output, StringComparison.Ordinal);
        Done(AsInstaller("upgrade", "nd", Tool.ChartFolder, "--set", values, "--set", "engine=policy"));
        Done(AsInstaller("uninstall", "nd"));
        Assert.DoesNotContain("nd-cluster-dns", server.Kubectl("get", "services", "-n", "kube-system").Output, StringComparison.Ordinal);
    }

    /// <summary>The API server lets nobody give rights that he does not have.</summary>
    [Theory]
    [InlineData("engine=webhook")]
    [InlineData("engine=policy")]
    [InlineData("dns.clusterDNS=null,dns.clusterDNSService.name=kube-dns")]
    [InlineData("selection.namespaceSettings=true")]
    [InlineData(Monitoring)]
    [InlineData("monitoring.podMonitor.enabled=true")]
    [InlineData("tls.certManager.issuerRef.name=corp,tls.certManager.issuerRef.kind=ClusterIssuer")]
    public void They_suffice_for_the_hooks(string values) =>
        Suffice(Rights(), Rendered.With("--namespace", Namespace, "--set", values).Objects);

    /// <summary>Beside the release's namespace, monitoring may be put into one of its own.</summary>
    [Theory]
    [MemberData(nameof(DefaultsTests.ValuesFiles), MemberType = typeof(DefaultsTests))]
    public void They_suffice_for_every_example_of_values(string file)
    {
        var rendered = Rendered.Exactly("1.36.3", "--namespace", Namespace, "--values", Path.Combine(Tool.ChartFolder, "ci", file)).Objects;
        var there = Rights().Split("---").Single(one => one.Contains($"namespace: {Namespace}}}", StringComparison.Ordinal));
        Suffice($"{Rights()}\n---{there.Replace($"namespace: {Namespace}}}", "namespace: monitoring}", StringComparison.Ordinal)}", rendered);
    }

    [Fact]
    public void Who_may_read_and_not_write_beside_cluster_DNS_installs_without_its_endpoints()
    {
        Give(Rights().Replace("resources: [services], verbs: [get, list, create, update, patch, delete]", "resources: [services], verbs: [get, list]",
            StringComparison.Ordinal));
        var refused = AsInstaller("install", "nd", Tool.ChartFolder);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("cannot create resource \"services\" in API group \"\" in the namespace \"kube-system\"", refused.Error, StringComparison.Ordinal);
        server.Helm("uninstall", "nd", "--namespace", Namespace, "--no-hooks");
        Done(AsInstaller("install", "nd", Tool.ChartFolder, "--set", "dns.endpoints.enabled=false"));
    }

    private static bool IsRole(JsonObject one) => one.Text("apiVersion").StartsWith("rbac.", StringComparison.Ordinal);

    private static string List(IEnumerable<JsonObject> objects) => new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "List",
        ["items"] = new JsonArray([.. objects.Select(InItsNamespace)]),
    }.ToJsonString();

    /// <summary>As Helm does it, an extra object that names no namespace is in the release's.</summary>
    private static JsonNode InItsNamespace(JsonObject one)
    {
        var placed = one.DeepClone();
        if (one.Text("kind") == "ConfigMap" && one.Text("metadata.namespace") == "")
        {
            placed["metadata"]!["namespace"] = Namespace;
        }

        return placed;
    }

    private static string Rights() => File.ReadAllText(Path.Combine(Tool.Checkout, "docs", "examples", "installer.yaml"))
        .Replace("name: installer}", $"name: {Installer}}}", StringComparison.Ordinal)
        .Replace("namespace: node-dns}", $"namespace: {Namespace}}}", StringComparison.Ordinal);

    private void Give(string rights)
    {
        server.Require();
        _given = rights;
        server.Namespace(Namespace);
        server.Namespace("monitoring");
        Done(server.KubectlWith(rights, "apply", "-f", "-"));
    }

    private void Suffice(string rights, IReadOnlyList<JsonObject> rendered)
    {
        Give(rights);
        // Roles in earnest: who may bind one is asked of one that is there.
        var (roles, others) = (List(rendered.Where(IsRole)), List(rendered.Where(one => !IsRole(one))));
        try
        {
            Done(server.KubectlWith(roles, "create", "--as", Installer, "-f", "-"));
            Done(server.KubectlWith(others, "create", "--dry-run=server", "--as", Installer, "-f", "-"));
        }
        finally
        {
            server.KubectlWith(roles, "delete", "--ignore-not-found", "-f", "-");
        }
    }

    private Tool AsInstaller(params string[] arguments) =>
        server.Helm([.. arguments, "--namespace", Namespace, "--no-hooks", "--kube-as-user", Installer]);

    private static void Done(Tool run) => Assert.True(run.ExitCode == 0, run.Error);
}
