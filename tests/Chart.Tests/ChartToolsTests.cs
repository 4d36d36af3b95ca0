namespace NodeDns.Chart.Tests;

/// <summary>Tools of the trade, where eng/tool finds them; a skipped test says which one is missing.</summary>
public sealed class ChartToolsTests
{
    [Fact]
    public void Helm_unittest_suites_pass()
    {
        var (tool, reason) = Tool.Find("helm-unittest");
        Assert.SkipWhen(tool is null, reason);
        var run = Tool.Run(tool!, Tool.ChartFolder);
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
    }

    /// <summary>
    /// Left out: what the cache is there for (host network, a hostPath, uid 0 of the guard), images pulled only when
    /// absent, one limit for memory and none for CPU (a throttled cache is a slow cache), user ids below 10000,
    /// network policies (the API server's address is not known), storage limits of containers that write nothing.
    /// </summary>
    [Fact]
    public void Kube_score_has_no_criticism()
    {
        var (tool, reason) = Tool.Find("kube-score");
        Assert.SkipWhen(tool is null, reason);
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Rendered.With("--skip-tests").Text);
            var run = Tool.Run(tool!, "score", file, "--output-format", "ci",
                "--ignore-test", "container-image-pull-policy,container-security-context-user-group-id,"
                    + "container-resources,pod-networkpolicy,container-ephemeral-storage-request-and-limit");
            Assert.DoesNotContain("[CRITICAL]", run.Output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
