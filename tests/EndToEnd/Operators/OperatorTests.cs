using System.Diagnostics;
using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Operators;

/// <summary>docs/cli.md, from install to uninstall, typed as it stands.</summary>
[Collection(Order.Operators)]
public sealed class OperatorTests : IDisposable
{
    private const string Ns = "shop";
    private const string Web = "deployment/web";
    private const string Example = "docs/examples/web.yaml";

    private readonly Installation _installation;
    private readonly OperatorPath _path = new();

    public OperatorTests(Installation installation)
    {
        _installation = installation;
        Uninstall();
        Kubectl.Run("delete", "namespace", Ns, "--ignore-not-found", "--wait=true", "--timeout=180s");
        // The page's cluster has no other namespace that has asked for the cache.
        foreach (var label in new[] { "nodedns.io/inject", "node-local-dns-injection" })
        {
            Kubectl.Run("delete", "namespace", "-l", label, "--ignore-not-found", "--wait=true", "--timeout=180s");
        }
    }

    public void Dispose()
    {
        _path.Dispose();
        Uninstall();
        Kubectl.Run("delete", "namespace", Ns, "--ignore-not-found", "--wait=false");
        Kubectl.Namespace(Installation.Labelled, "nodedns.io/inject=enabled");
    }

    [Fact]
    public void The_walk_of_the_page_moves_a_deployment_onto_the_cache_and_back()
    {
        foreach (var step in ConsoleStep.Read("docs/cli.md"))
        {
            Type(step);
            switch (step.Command)
            {
                case $"kubectl apply -f {Example}":
                    WaitForRollout();
                    break;
                case "kubectl nodedns report -n shop" when step.Output.Contains("not installed", StringComparison.Ordinal):
                    Install();
                    break;
                case "kubectl nodedns rollout -n shop":
                    WaitForRollout();
                    Assert.Equal([Installation.LocalAddress, _installation.ClusterDns], Nameservers());
                    AssertAnswers();
                    break;
                case "kubectl nodedns undo -n shop":
                    WaitForRollout();
                    Assert.Equal([_installation.ClusterDns], Nameservers());
                    break;
                case "helm uninstall node-dns --namespace node-dns":
                    AssertAnswers();
                    break;
            }
        }

        Assert.DoesNotContain(Installation.Release, Kubectl.Helm("list", "--all-namespaces", "--short"), StringComparison.Ordinal);
    }

    /// <summary>The command with the image that this cluster has: it reaches no registry.</summary>
    private static string WithImage(string command) => command.Replace(Example,
        $"<(sed 's|image: busybox|image: {Images.Busybox}|' {Example})", StringComparison.Ordinal);

    /// <summary>Types a step until it prints what the page says: a cluster takes a moment for what has just been changed in it.
    /// A step that changes something is typed once.</summary>
    private void Type(ConsoleStep step)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var run = _path.Type($"{WithImage(step.Command)} 2>&1");
            if (step.Is(run.Output))
            {
                return;
            }

            Assert.True(step.OnlyReads && waited.Elapsed < TimeSpan.FromSeconds(120),
                $"$ {step.Command}\n{run.Output}\n-- and not, as docs/cli.md says:\n{step.Output}");
        }
    }

    private static void Install()
    {
        Kubectl.Helm(["install", Installation.Release, Tool.ChartFolder, "--namespace", Installation.Namespace, "--create-namespace",
            "--wait", "--timeout=180s", .. Images.AsValues()]);
        Kubectl.Run("rollout", "status", "-n", Installation.Namespace, Installation.DaemonSet, "--timeout=180s");
    }

    private static void Uninstall() =>
        Kubectl.TryHelm("uninstall", Installation.Release, "--namespace", Installation.Namespace, "--wait", "--timeout=180s");

    private static void WaitForRollout()
    {
        Kubectl.Run("rollout", "status", "-n", Ns, Web, "--timeout=180s");
        Kubectl.Run("wait", "-n", Ns, "--for=jsonpath={.status.replicas}=2", Web, "--timeout=180s");
    }

    private static string[] Nameservers() =>
        ResolvConf.Parse(Kubectl.Run("exec", "-n", Ns, Web, "--", "cat", "/etc/resolv.conf")).Nameservers;

    private static void AssertAnswers() => Assert.Contains("10.96.0.1",
        Kubectl.Run("exec", "-n", Ns, Web, "--", "nslookup", "kubernetes.default.svc.cluster.local"), StringComparison.Ordinal);
}
