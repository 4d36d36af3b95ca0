using Microsoft.CodeAnalysis.CSharp;

namespace NodeDns.Mutants;

/// <summary>The repository's code with every mutant in it, and test projects that can turn each on, built once.</summary>
internal sealed class MutatedCopy(string repository, string work, IReadOnlyList<string> suites)
{
    private readonly List<Mutant> _mutants = [];

    /// <summary>The fastest first.</summary>
    public IReadOnlyList<string> Suites => suites;

    public IReadOnlyList<Mutant> Mutants => _mutants;

    public string Program(string suite) => Path.Combine(work, "tests", suite, "bin/Release/net10.0", suite);

    public void Make(IEnumerable<string> folders)
    {
        if (Directory.Exists(work))
        {
            Directory.Delete(work, recursive: true);
        }
        foreach (var file in Shell.Output("git", "-C", repository, "ls-files", "-co", "--exclude-standard")
            .Where(file => File.Exists(Path.Combine(repository, file))))
        {
            Copy(Path.Combine(repository, file), Path.Combine(work, file));
        }
        var mine = Path.Combine(AppContext.BaseDirectory, "Copy");
        foreach (var path in Directory.EnumerateFiles(mine, "*", SearchOption.AllDirectories))
        {
            Copy(path, Path.Combine(work, Path.GetRelativePath(mine, path)));
        }
        foreach (var path in folders.SelectMany(folder => Directory.EnumerateFiles(
            Path.Combine(work, folder), "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal)))
        {
            var root = CSharpSyntaxTree.ParseText(File.ReadAllText(path)).GetRoot();
            var file = Path.GetRelativePath(work, path);
            File.WriteAllText(path, new Rewriter(file, _mutants).Visit(root).ToFullString());
        }
    }

    /// <exception cref="InvalidOperationException">It does not build, and not for a mutant's sake.</exception>
    public void Build()
    {
        foreach (var suite in suites)
        {
            while (Shell.Output(
                "dotnet", "build", Path.Combine(work, "tests", suite), "-c", "Release", "-nologo", "-v", "quiet",
                "-clp:ErrorsOnly", "-p:TreatWarningsAsErrors=false", "-p:RunAnalyzers=false",
                "-p:EnforceCodeStyleInBuild=false", "-p:WarningLevel=0")
                .Where(line => line.Contains(": error ", StringComparison.Ordinal)).ToList() is { Count: > 0 } errors)
            {
                var gone = CompileErrors.TakeOut(errors);
                if (_mutants.RemoveAll(mutant => gone.Contains(mutant.Id)) == 0)
                {
                    throw new InvalidOperationException(string.Join('\n', errors));
                }
            }
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to, overwrite: true);
    }
}
