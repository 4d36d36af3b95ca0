using System.Text.RegularExpressions;
using NodeDns.Testing.Shell;

namespace NodeDns.Testing;

/// <summary>The tables of a document whose last column names, in backquotes, the tests that show what the row says: methods
/// as <c>Class.Method</c>, scenario scripts by their path below <c>tests/Cache.Scenarios/scripts</c>.</summary>
public static partial class NamedTests
{
    private static readonly Lazy<HashSet<string>> s_methods = new(() => [.. Directory
        .EnumerateFiles(Path.Combine(Tool.Checkout, "tests"), "*Tests.cs", SearchOption.AllDirectories)
        .SelectMany(file => Method().Matches(File.ReadAllText(file))
            .Select(method => $"{Path.GetFileNameWithoutExtension(file)}.{method.Groups[1].Value}"))]);

    /// <summary>The rows of all tables of a page, without their headings, as cells.</summary>
    /// <param name="page">Relative to the checkout.</param>
    public static IEnumerable<string[]> Rows(string page)
    {
        var lines = File.ReadAllLines(Path.Combine(Tool.Checkout, page));
        return lines.Where((line, index) => line.StartsWith('|') && !IsRule(line) && !IsRule(lines.ElementAtOrDefault(index + 1)))
            .Select(line => line.Trim('|').Split('|'));
    }

    /// <summary>The names in a cell.</summary>
    public static IEnumerable<string> NamesIn(string cell) => Name().Matches(cell).Select(name => name.Groups[1].Value);

    /// <summary>What is wrong with these rows: a name in the last column that is no test, no script and nothing else either, a
    /// row that names none, one with more or fewer cells than the others.</summary>
    /// <param name="alsoExists">Whether a name that is neither a test nor a script is something that may stand there.</param>
    public static IEnumerable<string> Missing(IReadOnlyList<string[]> rows, Func<string, bool> alsoExists)
    {
        foreach (var row in rows)
        {
            var names = NamesIn(row[^1]).ToList();
            if (names.Count == 0 || row.Length != rows[0].Length)
            {
                yield return $"(nothing named) {string.Join('|', row)}";
            }

            foreach (var name in names.Where(name => !Exists(name) && !alsoExists(name)))
            {
                yield return name;
            }
        }
    }

    private static bool Exists(string name) => name.EndsWith(".scenario", StringComparison.Ordinal)
        ? File.Exists(Path.Combine(Tool.Checkout, "tests/Cache.Scenarios/scripts", name))
        : s_methods.Value.Contains(name);

    private static bool IsRule(string? line) => line?.StartsWith("|---", StringComparison.Ordinal) == true;

    [GeneratedRegex(@"public (?:async )?(?:Task|void) (\w+)\(")]
    private static partial Regex Method();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Name();
}
