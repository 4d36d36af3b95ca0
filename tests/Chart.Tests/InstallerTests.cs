using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

/// <summary>docs/examples/installer.yaml: the rights of an account that installs the chart.</summary>
public sealed class InstallerTests(ApiServer server) : IDisposable
{
    private const string Installer = "installer-of-the-docs";
    private const string Namespace = "installer-ns";

    private bool _isGiven;

    public void Dispose()
    {
        if (_isGiven)
        {
            server.Helm("uninstall", "nd", "--namespace", Namespace, "--no-hooks");
            server.KubectlWith(Rights(), "delete", "--ignore-not-found", "-f", "-");
        }
    }

    [Fact]
    public void They_suffice_to_install_upgrade_and_uninstall()
    {
        Give(Rights());
        Done(AsInstaller("install", "nd", Tool.ChartFolder));
        Assert.Contains("nd-cluster-dns", server.Kubectl("get", "services", "-n", "kube-system").Output, StringComparison.Ordinal);
        Done(AsInstaller("upgrade", "nd", Tool.ChartFolder, "--set", "engine=policy"));
        Done(AsInstaller("uninstall", "nd"));
        Assert.DoesNotContain("nd-cluster-dns", server.Kubectl("get", "services", "-n", "kube-system").Output, StringComparison.Ordinal);
    }

    /// <summary>The API server lets nobody give rights that he does not have.</summary>
    [Theory]
    [InlineData("engine=webhook")]
    [InlineData("engine=policy")]
    [InlineData("dns.clusterDNS=null,dns.clusterDNSService.name=kube-dns")]
    [InlineData("selection.namespaceSettings=true")]
    public void They_suffice_for_the_hooks(string values)
    {
        Give(Rights());
        var rendered = Rendered.With("--namespace", Namespace, "--set", values).Objects;
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
        ["items"] = new JsonArray([.. objects.Select(one => one.DeepClone())]),
    }.ToJsonString();

    private static string Rights() => File.ReadAllText(Path.Combine(Tool.Checkout, "docs", "examples", "installer.yaml"))
        .Replace("name: installer}", $"name: {Installer}}}", StringComparison.Ordinal)
        .Replace("namespace: node-dns}", $"namespace: {Namespace}}}", StringComparison.Ordinal);

    private void Give(string rights)
    {
        server.Require();
        _isGiven = true;
        server.Namespace(Namespace);
        Done(server.KubectlWith(rights, "apply", "-f", "-"));
    }

    private Tool AsInstaller(params string[] arguments) =>
        server.Helm([.. arguments, "--namespace", Namespace, "--no-hooks", "--kube-as-user", Installer]);

    private static void Done(Tool run) => Assert.True(run.ExitCode == 0, run.Error);
}
