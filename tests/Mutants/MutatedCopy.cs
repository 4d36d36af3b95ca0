using Microsoft.CodeAnalysis.CSharp;

namespace NodeDns.Mutants;

/// <summary>The repository's code with every mutant in it, built once.</summary>
internal sealed class MutatedCopy(string repository, string work)
{
    private readonly List<Mutant> _mutants = [];

    public IReadOnlyList<Mutant> Mutants => _mutants;

    public string Tests => Path.Combine(work, "tests/Cache.Tests/bin/Release/net10.0/Cache.Tests");

    public void Make(IEnumerable<Room> rooms)
    {
        if (Directory.Exists(work))
        {
            Directory.Delete(work, recursive: true);
        }
        foreach (var file in Shell.Output("git", "-C", repository, "ls-files", "-co", "--exclude-standard")
            .Where(file => File.Exists(Path.Combine(repository, file))))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(work, file))!);
            File.Copy(Path.Combine(repository, file), Path.Combine(work, file), overwrite: true);
        }
        foreach (var folder in rooms.Select(room => room.Folder))
        {
            foreach (var path in Directory.EnumerateFiles(Path.Combine(work, folder), "*.cs", SearchOption.AllDirectories)
                .Where(path => !path.Contains("/obj/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            {
                var root = CSharpSyntaxTree.ParseText(File.ReadAllText(path)).GetRoot();
                var file = Path.GetRelativePath(work, path);
                File.WriteAllText(path, new Rewriter(file, _mutants).Visit(root).ToFullString());
            }
        }
        foreach (var project in new[] { "Cache", "Dns", "Guard", "Linux" })
        {
            File.WriteAllText(Path.Combine(work, "src", project, "MutantSwitch.cs"), SwitchSource(project));
        }
    }

    public void Build() => Shell.Run(
        "dotnet", "build", Path.Combine(work, "tests/Cache.Tests"), "-c", "Release", "-nologo", "-v", "quiet",
        "-clp:ErrorsOnly", "-p:TreatWarningsAsErrors=false", "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false",
        "-p:WarningLevel=0");

    /// <summary>One for each assembly, as they do not see each other's inside.</summary>
    private string SwitchSource(string project) => $$"""
        internal static class MutantSwitch
        {
            private static readonly int s_active =
                int.TryParse(System.Environment.GetEnvironmentVariable("MUTANT"), out var number) ? number : -1;

            private static readonly bool[]? s_seen = Seen(System.Environment.GetEnvironmentVariable("MUTANTS_SEEN"));

            public static bool Is(int number)
            {
                if (s_seen is not null)
                {
                    s_seen[number] = true;
                }
                return number == s_active;
            }

            private static bool[]? Seen(string? folder)
            {
                if (folder is null)
                {
                    return null;
                }
                var seen = new bool[{{_mutants.Count}}];
                System.AppDomain.CurrentDomain.ProcessExit += (_, _) => System.IO.File.WriteAllLines(
                    System.IO.Path.Combine(folder, "{{project}}"),
                    System.Linq.Enumerable.Select(
                        System.Linq.Enumerable.Where(System.Linq.Enumerable.Range(0, seen.Length), i => seen[i]), i => i.ToString()));
                return seen;
            }
        }
        """;
}
