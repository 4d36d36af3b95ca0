using System.Runtime.CompilerServices;
using Xunit;

namespace NodeDns.Cache.Scenarios;

/// <summary>One test for each script; its name is the script's path below <c>scripts/</c>.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Scripts()
    {
        var root = Root();
        var scripts = new TheoryData<string>();
        foreach (var path in Directory.EnumerateFiles(root, "*.scenario", SearchOption.AllDirectories).Order())
        {
            scripts.Add(Path.GetRelativePath(root, path));
        }
        return scripts;
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public Task Script(string path) => Scenario.Run(Path.Combine(Root(), path));

    private static string Root([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "scripts");
}
