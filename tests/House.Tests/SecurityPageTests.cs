using NodeDns.Testing;
using NodeDns.Testing.Shell;

namespace NodeDns.House.Tests;

/// <summary>docs/security.md names code, tests, scripts and fuzz targets that exist.</summary>
public sealed class SecurityPageTests
{
    private const string FuzzTarget = "make fuzz TARGET=";

    private static readonly List<string[]> s_rows = [.. NamedTests.Rows("docs/security.md")];

    [Fact]
    public void Every_promise_names_tests_that_exist()
    {
        Assert.Empty(NamedTests.Missing(s_rows, IsFuzzTarget));
        Assert.All(s_rows, row => Assert.Equal(4, row.Length));
        Assert.True(s_rows.Count > 40, $"only {s_rows.Count} rows");
    }

    [Fact]
    public void Every_promise_names_code_that_exists()
    {
        Assert.All(s_rows, row => Assert.NotEmpty(NamedTests.NamesIn(row[2])));
        Assert.All(s_rows.SelectMany(row => NamedTests.NamesIn(row[2])),
            path => Assert.True(Path.Exists(Path.Combine(Tool.Checkout, path)), path));
    }

    private static bool IsFuzzTarget(string name) => name.StartsWith(FuzzTarget, StringComparison.Ordinal)
        && Directory.GetDirectories(Path.Combine(Tool.Checkout, "tests"), "*.Fuzz")
            .Any(suite => Directory.Exists(Path.Combine(suite, "corpus", name[FuzzTarget.Length..])));
}
