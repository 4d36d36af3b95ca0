using System.Diagnostics;

namespace NodeDns.Cli.Tests.Cluster;

/// <summary>Runs <c>kubectl nodedns</c>.</summary>
internal static class Plugin
{
    public static string Program { get; } = Tool.Ours("Cli", "kubectl-nodedns");

    public static Tool Run(ControlPlane cluster, params string[] arguments) => RunAs(cluster.Kubeconfig, arguments);

    public static Tool RunAs(string kubeconfig, params string[] arguments) =>
        Tool.Run("env", ["KUBECONFIG=" + kubeconfig, "TERM=xterm", Program, .. arguments]);

    /// <summary>Starts it for a test that presses Ctrl-C: a shell that runs the tests in the background has SIGINT ignored,
    /// and the programs it starts inherit that.</summary>
    public static Process Start(ControlPlane cluster, params string[] arguments) => StartAs(cluster.Kubeconfig, arguments);

    public static Process StartAs(string kubeconfig, params string[] arguments) =>
        Tool.Start("env", ["--default-signal=INT", "KUBECONFIG=" + kubeconfig, Program, .. arguments]);
}
