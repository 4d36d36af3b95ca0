using NodeDns.Cli.Tests.Cluster;

namespace NodeDns.Cli.Tests;

/// <summary>What a terminal shows: colour and progress there only, and colour only without <c>NO_COLOR</c>.</summary>
public sealed class TerminalTests
{
    private const string Ns = "terminal";
    private const string Yellow = "\e[93m";

    private readonly ControlPlane _cluster;

    public TerminalTests(ControlPlane cluster)
    {
        _cluster = cluster;
        _cluster.Require();
        _cluster.Apply(Manifests.Release);
        _cluster.Apply(Manifests.Namespace(Ns) + Manifests.Pod(Ns, "p"));
    }

    [Fact]
    public void A_terminal_gets_colour_and_progress()
    {
        var shown = OnTerminal("TERM=xterm");
        Assert.True(shown.Contains(Yellow + "1", StringComparison.Ordinal), shown);
        Assert.Contains($"reading namespace {Ns}", shown, StringComparison.Ordinal);
        Assert.Contains("1 pod in namespace", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void No_color_takes_the_colour_away()
    {
        var shown = OnTerminal("TERM=xterm", "NO_COLOR=1");
        Assert.DoesNotMatch("\e\\[[0-9;]+m", shown);
        Assert.Contains("pod/p", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dumb_terminal_gets_neither()
    {
        var shown = OnTerminal("TERM=dumb");
        Assert.DoesNotContain('\e', shown);
        Assert.DoesNotContain("reading", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pipe_gets_neither_whatever_the_width()
    {
        var run = Tool.Run("env", ["KUBECONFIG=" + _cluster.Kubeconfig, "TERM=xterm", "COLUMNS=20", Plugin.Program, "report", "-n", Ns, "--all"]);
        Assert.DoesNotContain('\e', run.Output + run.Error);
        Assert.StartsWith("NAMESPACE   WORKLOAD   PODS   ON CACHE   PENDING   SKIPPED   NEXT\n", run.Output, StringComparison.Ordinal);
    }

    /// <summary>Whose reader has gone, as with head, ends without a trace of it.</summary>
    [Fact]
    public void A_reader_that_goes_is_no_error_of_ours()
    {
        var run = Tool.Run("bash", "-c", $"KUBECONFIG={_cluster.Kubeconfig} {Plugin.Program} report -A --all -o json | head -n 1");
        Assert.Equal("{\n", run.Output);
        Assert.DoesNotContain("Unhandled", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Runs a report on a pseudo-terminal (util-linux's script).</summary>
    private string OnTerminal(params string[] environment) =>
        Tool.Run("env", ["-u", "NO_COLOR", .. environment, "KUBECONFIG=" + _cluster.Kubeconfig, "script", "-qec", $"{Plugin.Program} report -n {Ns} --all", "/dev/null"]).Output;
}
