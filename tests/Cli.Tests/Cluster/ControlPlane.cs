using NodeDns.Testing;

[assembly: AssemblyFixture(typeof(NodeDns.Cli.Tests.Cluster.ControlPlane))]

namespace NodeDns.Cli.Tests.Cluster;

/// <summary>The cluster of these tests: pods are what tests say they are.</summary>
public sealed class ControlPlane() : TestApiServer("cli-control-plane")
{
    /// <summary>Skips the test where there is no API server to start.</summary>
    public void Require()
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        EnsureStarted();
    }

    /// <summary>kubectl apply of YAML.</summary>
    public void Apply(string manifest)
    {
        var run = KubectlWith(manifest, "apply", "--server-side", "--force-conflicts", "-f", "-");
        Assert.True(run.ExitCode == 0, run.Error + manifest);
    }
}
