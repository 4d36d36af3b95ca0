using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Readme;

/// <summary>
/// README.md's Install and Undo, typed as they stand into one shell in the checkout. The reader puts in the name of a
/// registry; the test puts in the image of a busybox too, because the cluster reaches no registry.
/// </summary>
[Collection(Order.Readme)]
public sealed class ReadmeTests : IDisposable
{
    private const string Ns = "default";
    private const string Web = "deployment/readme-web";
    private const string CertificateCrd = "certificates.cert-manager.io";

    private readonly Installation _installation;

    private readonly OperatorPath _path = new();

    public ReadmeTests(Installation installation)
    {
        _installation = installation;
        Assert.SkipUnless(OwnCluster.Is, "labels and restarts the namespace default, takes cert-manager away: not on a cluster of somebody's own");
        _path.Add("docker", Path.Combine(Tool.Checkout, "tests", "EndToEnd", "Readme", "docker"));
        Uninstall();
    }

    public void Dispose()
    {
        _path.Dispose();
        Uninstall();
        Kubectl.Run("label", "namespace", Ns, "nodedns.io/inject-");
        Kubectl.Run("delete", "-n", Ns, Web, "--ignore-not-found");
    }

    [Fact]
    public void What_README_says_moves_a_deployment_onto_the_cache_and_back()
    {
        Kubectl.Apply(Installation.Deployment(Ns, "readme-web"));
        WaitForRollout();
        Assert.Equal([_installation.ClusterDns], Nameservers());

        var promised = ResolvConf.Parse(ReadmePage.ResolvConf());
        var install = ReadmePage.Commands("## Install");
        Type(install[..3]);
        // kube-proxy learns of the webhook's pods a moment after helm saw them ready; a reader takes longer to read on.
        Installation.WaitUntilInjecting();
        Type(install[3..^1]);
        WaitForRollout();

        Assert.Equal(promised.Nameservers, Nameservers());

        // kubectl run shows nothing of a container that has ended before it is attached.
        var said = "";
        for (var tries = 0; tries < 5 && !said.Contains("nameserver", StringComparison.Ordinal); tries++)
        {
            said = Type([install[^1]]);
        }

        Assert.True(said.Contains(ReadmePage.ResolvConf(), StringComparison.Ordinal), said);
        var before = Installation.CacheMetric("coredns_cache_requests_total");
        Assert.Contains("10.96.0.1", Kubectl.Run("exec", "-n", Ns, Web, "--", "nslookup", "kubernetes.default.svc.cluster.local"),
            StringComparison.Ordinal);
        Assert.True(Installation.CacheMetric("coredns_cache_requests_total") > before);

        Type(ReadmePage.Commands("## Undo"));
        WaitForRollout();
        Assert.Equal([_installation.ClusterDns], Nameservers());
        Assert.DoesNotContain(Installation.Release, Kubectl.Helm("list", "--all-namespaces", "--short"), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_cert_manager_is_missing_the_install_names_the_ways_out()
    {
        var crd = Kubectl.Json("get", "crd", CertificateCrd);
        foreach (var name in new[] { "uid", "resourceVersion", "creationTimestamp", "generation" })
        {
            crd["metadata"]!.AsObject().Remove(name);
        }

        crd.AsObject().Remove("status");
        Kubectl.Run("delete", "crd", CertificateCrd);
        try
        {
            var refused = Kubectl.TryHelm("install", Installation.Release, Tool.ChartFolder, "--namespace", Installation.Namespace,
                "--create-namespace", "--dry-run=server");
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains("tls.mode=helm", refused.Error, StringComparison.Ordinal);
        }
        finally
        {
            Kubectl.Apply(crd.ToJsonString(), "--server-side");
        }
    }

    private static void Uninstall()
    {
        var helm = Kubectl.TryHelm("uninstall", Installation.Release, "--namespace", Installation.Namespace, "--wait", "--timeout=180s");
        Assert.True(helm.ExitCode == 0 || helm.Error.Contains("not found", StringComparison.Ordinal), helm.Error);
    }

    private static void WaitForRollout()
    {
        Kubectl.Run("rollout", "status", "-n", Ns, Web, "--timeout=180s");
        Kubectl.Run("wait", "-n", Ns, "--for=jsonpath={.status.replicas}=2", Web, "--timeout=180s");
    }

    private static string[] Nameservers() =>
        ResolvConf.Parse(Kubectl.Run("exec", "-n", Ns, Web, "--", "cat", "/etc/resolv.conf")).Nameservers;

    /// <summary>Runs the blocks in one bash, which stops at the first line that fails; returns what they printed.</summary>
    private string Type(string[] blocks)
    {
        var typed = string.Join('\n', blocks).Replace("--image=busybox ", $"--image={Images.Busybox} ", StringComparison.Ordinal);
        var run = _path.Type($"set -euo pipefail\n{typed}");
        Assert.True(run.ExitCode == 0, $"{typed}\n\n{run.Output}{run.Error}");
        return run.Output;
    }
}
