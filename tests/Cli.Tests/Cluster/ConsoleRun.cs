using System.Diagnostics;

namespace NodeDns.Cli.Tests.Cluster;

/// <summary><c>kubectl nodedns console</c>, from its address to its end.</summary>
internal sealed class ConsoleRun : IDisposable
{
    private readonly Process _process;

    public ConsoleRun(ControlPlane cluster, params string[] arguments)
        : this(cluster.Kubeconfig, arguments)
    {
    }

    public ConsoleRun(string kubeconfig, string[] arguments)
    {
        _process = Plugin.StartAs(kubeconfig, ["console", .. arguments]);
        Address = new Uri(Tool.FirstLine(_process));
        Http = new HttpClient { BaseAddress = Address };
    }

    /// <summary>With the token.</summary>
    public Uri Address { get; }

    public HttpClient Http { get; }

    public string Token => Address.AbsolutePath.Trim('/');

    /// <summary>Ctrl-C.</summary>
    /// <returns>The exit code.</returns>
    public int Interrupt()
    {
        Tool.Run("kill", "-INT", $"{_process.Id}");
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        Http.Dispose();
        _process.Kill();
        _process.Dispose();
    }
}
