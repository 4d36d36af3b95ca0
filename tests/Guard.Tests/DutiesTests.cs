namespace NodeDns.Guard.Tests;

/// <summary>docs/guard.md shows the table that the guard acts by.</summary>
public sealed class DutiesTests
{
    private static readonly string[] s_page = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "docs", "guard.md"));

    public static TheoryData<string, string> Combinations() =>
        new(from state in Enum.GetNames<GuardState>() from trust in Enum.GetNames<CacheTrust>() select (state, trust));

    [Theory]
    [MemberData(nameof(Combinations))]
    public void The_page_has_the_row_of(string stateName, string trustName)
    {
        var state = Enum.Parse<GuardState>(stateName);
        var trust = Enum.Parse<CacheTrust>(trustName);
        var duties = Duties.Of(state, trust);
        string[] rows =
        [
            .. new[] { trustName.ToLowerInvariant(), "any", "any other" }.Select(shown => $"| {stateName.ToLowerInvariant()} | {shown} "
                + $"| {YesNo(duties.CacheReads)} | {YesNo(duties.Admits)} | {YesNo(duties.KeepsNode)} "
                + $"| {(duties.Intercepts ? "ours" : "kube-proxy's")} | {duties.NotReady ?? "OK"} |"),
        ];
        Assert.True(rows.Any(row => s_page.Contains(row)), $"docs/guard.md lacks\n{rows[0]}");
    }

    private static string YesNo(bool value) => value ? "yes" : "no";
}
