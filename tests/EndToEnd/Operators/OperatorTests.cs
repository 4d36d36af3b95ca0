using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Operators;

/// <summary>docs/cli.md, from install to uninstall, typed as it stands.</summary>
[Collection(Order.Operators)]
public sealed class OperatorTests : IDisposable
{
    private const string Ns = "shop";

    /// <summary>What is on the operator's PATH: kubectl with its plugin, helm.</summary>
    private readonly string _programs = Directory.CreateTempSubdirectory("operator-programs").FullName;

    private readonly Installation _installation;

    public OperatorTests(Installation installation)
    {
        _installation = installation;
        var plugin = Path.Combine(Tool.Checkout, "artifacts", "bin", "kubectl-nodedns");
        Assert.True(File.Exists(plugin), $"{plugin} is missing: make build");
        foreach (var (name, path) in new[] { ("kubectl", Tool.Find("kubectl").Path), ("helm", Tool.Find("helm").Path), ("kubectl-nodedns", plugin) })
        {
            File.CreateSymbolicLink(Path.Combine(_programs, name), path!);
        }

        Uninstall();
        foreach (var other in new[] { Installation.Before, Installation.Labelled })
        {
            Kubectl.Run("delete", "namespace", other, "--ignore-not-found", "--wait=true", "--timeout=120s");
        }

        Kubectl.Namespace(Ns);
        Kubectl.Apply(Installation.Deployment(Ns, "web"));
        Kubectl.Run("rollout", "status", "-n", Ns, "deployment/web", "--timeout=90s");
    }

    public void Dispose()
    {
        Directory.Delete(_programs, recursive: true);
        Uninstall();
        Kubectl.Run("delete", "namespace", Ns, "--ignore-not-found", "--wait=false");
    }

    [Fact]
    public void The_walk_of_the_page_moves_a_deployment_onto_the_cache_and_back()
    {
        foreach (var step in Transcript.Read("docs/cli.md"))
        {
            var run = Tool.Run("bash", "-c", $"PATH={_programs}:$PATH\n{step.Command} 2>&1");
            Assert.True(step.Is(run.Output), $"$ {step.Command}\n{run.Output}\n-- and not, as docs/cli.md says:\n{step.Output}");
            if (step.Command.StartsWith("kubectl nodedns report", StringComparison.Ordinal) && run.Output.Contains("not installed", StringComparison.Ordinal))
            {
                Install();
            }
            else if (step.Command.StartsWith("kubectl nodedns rollout -n shop", StringComparison.Ordinal) && run.Output.Contains("done", StringComparison.Ordinal))
            {
                Assert.Equal([Installation.LocalAddress, _installation.ClusterDns], Nameservers());
            }
            else if (step.Command.StartsWith("kubectl nodedns undo -n shop", StringComparison.Ordinal))
            {
                Assert.Equal([_installation.ClusterDns], Nameservers());
            }
        }

        Assert.DoesNotContain(Installation.Release, Kubectl.Helm("list", "--all-namespaces", "--short"), StringComparison.Ordinal);
    }

    private static void Install()
    {
        Kubectl.Helm(["install", Installation.Release, Tool.ChartFolder, "--namespace", Installation.Namespace, "--create-namespace",
            "--wait", "--timeout=120s", .. Images.AsValues()]);
        Kubectl.Run("rollout", "status", "-n", Installation.Namespace, Installation.DaemonSet, "--timeout=90s");
    }

    private static void Uninstall() =>
        Kubectl.TryHelm("uninstall", Installation.Release, "--namespace", Installation.Namespace, "--wait", "--timeout=60s");

    private static string[] Nameservers() =>
        ResolvConf.Parse(Kubectl.Run("exec", "-n", Ns, "deployment/web", "--", "cat", "/etc/resolv.conf")).Nameservers;
}
