using NodeDns.Testing;
using Xunit;

namespace NodeDns.Cache.Scenarios.Differential;

/// <summary>docs/coredns-behaviours.md names what exists: scripts, tests, headings of docs/differences.md.</summary>
public sealed class BehavioursPageTests
{
    [Fact]
    public void Every_row_names_a_test_a_scenario_or_a_difference_that_exists()
    {
        var headings = DifferencesPage.Headings().ToHashSet();
        var rows = NamedTests.Rows("docs/coredns-behaviours.md").ToList();
        Assert.Empty(NamedTests.Missing(rows, headings.Contains));
        Assert.All(rows, row => Assert.Equal(3, row.Length));
        Assert.True(rows.Count > 80, $"only {rows.Count} rows");
    }
}
