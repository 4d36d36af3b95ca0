namespace NodeDns.EndToEnd.Cluster;

/// <summary>The cluster of eng/cluster, in this checkout: it is the tests' own, and its nodes can come and go.</summary>
internal static class OwnCluster
{
    public static bool Is { get; } = Environment.GetEnvironmentVariable("KUBECONFIG")
        == Path.Combine(Tool.Checkout, "artifacts", "cluster", "kubeconfig");

    /// <summary>eng/cluster/node.</summary>
    public static void Node(params string[] arguments)
    {
        var run = Tool.Run(Path.Combine(Tool.Checkout, "eng", "cluster", "node"), arguments);
        Assert.True(run.ExitCode == 0, $"eng/cluster/node {string.Join(' ', arguments)}\n{run.Output}{run.Error}");
    }
}
