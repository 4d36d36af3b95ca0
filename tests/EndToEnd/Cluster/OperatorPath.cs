using System.Diagnostics;

namespace NodeDns.EndToEnd.Cluster;

/// <summary>What an operator has on the PATH: kubectl with its plugin, helm, and what a test adds.</summary>
internal sealed class OperatorPath : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("operator-path").FullName;

    public OperatorPath()
    {
        var plugin = Path.Combine(Tool.Checkout, "artifacts", "bin", "kubectl-nodedns");
        Assert.True(File.Exists(plugin), $"{plugin} is missing: make plugin");
        Add("kubectl-nodedns", plugin);
        Add("kubectl", Kubectl.Program);
        Add("helm", Kubectl.HelmProgram);
    }

    public void Add(string name, string path) => File.CreateSymbolicLink(Path.Combine(_folder, name), path);

    /// <summary>Runs lines in one bash, in the checkout.</summary>
    public Tool Type(string lines) => Tool.Run("bash", "-c", $"PATH={_folder}:$PATH\n{lines}\n");

    /// <summary>Starts a command that goes on until it is interrupted.</summary>
    public Process Start(string line) => Tool.Start("bash", "-c", $"PATH={_folder}:$PATH\nexec env --default-signal=INT {line}\n");

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
