using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace NodeDns.Cache.Scenarios.Differential;

/// <summary>docs/coredns-behaviours.md names what exists: scripts, tests, headings of docs/differences.md.</summary>
public sealed partial class BehavioursPageTests
{
    [Fact]
    public void Every_row_names_a_test_a_scenario_or_a_difference_that_exists()
    {
        var tests = Directory.EnumerateFiles(Path.Combine(Root(), "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .SelectMany(file => Method().Matches(File.ReadAllText(file))
                .Select(method => $"{Path.GetFileNameWithoutExtension(file)}.{method.Groups[1].Value}")).ToHashSet();
        var headings = DifferencesPage.Headings().ToHashSet();
        var missing = new List<string>();
        var rows = 0;
        var page = Path.Combine(Root(), "docs/coredns-behaviours.md");
        foreach (var row in File.ReadLines(page).Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
        {
            rows++;
            var cells = row.Trim('|').Split('|');
            var names = Name().Matches(cells[^1]).Select(name => name.Groups[1].Value).ToList();
            missing.AddRange(names.Where(name => !Exists(name, tests, headings)));
            if (cells.Length != 3 || names.Count == 0)
            {
                missing.Add($"(nothing named) {row}");
            }
        }
        Assert.Equal([], missing);
        Assert.True(rows > 80, $"only {rows} rows");
    }

    private static bool Exists(string name, HashSet<string> tests, HashSet<string> headings) =>
        name.EndsWith(".scenario", StringComparison.Ordinal)
            ? File.Exists(Path.Combine(Root(), "tests/Cache.Scenarios/scripts", name))
            : name.Contains('.') ? tests.Contains(name) : headings.Contains(name);

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath("../../../..", here);

    [GeneratedRegex(@"public (?:async )?(?:Task|void) (\w+)\(")]
    private static partial Regex Method();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Name();
}
