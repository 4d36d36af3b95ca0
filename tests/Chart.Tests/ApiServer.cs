using NodeDns.Testing;

[assembly: AssemblyFixture(typeof(NodeDns.Chart.Tests.ApiServer))]

namespace NodeDns.Chart.Tests;

/// <summary>The cluster of these tests: an API server with cert-manager's kinds and cluster DNS's Service.</summary>
public class ApiServer() : TestApiServer("chart-api-server")
{
    /// <summary>host:port.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Skips the test where there is no API server to start.</summary>
    public void Require()
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        EnsureStarted();
    }

    public Tool Helm(params string[] arguments) => With("", Rendered.HelmProgram, arguments);

    /// <summary>Makes a namespace, and nothing when it is there.</summary>
    public void Namespace(string name) => KubectlWith($"{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}", "apply", "-f", "-");

    protected override void Furnish()
    {
        Do("apply", "--server-side", "-f", Definitions());
        Until(() => Kubectl("get", "certificates,issuers", "-A").ExitCode == 0, "cert-manager's kinds are not served");
        Namespace("kube-system");
        KubectlWith("""
            {apiVersion: v1, kind: Service, metadata: {name: kube-dns, namespace: kube-system},
             spec: {clusterIP: 10.96.0.10, ports: [{name: dns, port: 53, protocol: UDP}]}}
            """, "apply", "-f", "-");
    }

    /// <summary>The definitions of kinds in cert-manager's manifest.</summary>
    private string Definitions()
    {
        var all = File.ReadAllText(Tool.Find("cert-manager.yaml").Path!).Split("\n---");
        var path = Path.Combine(Folder, "definitions.yaml");
        File.WriteAllText(path, string.Join("\n---", all.Where(one => one.Contains("kind: CustomResourceDefinition", StringComparison.Ordinal))));
        return path;
    }
}
