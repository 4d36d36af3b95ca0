namespace NodeDns.Bench.Reporting;

/// <summary>Rows of cells, first column to the left and the others to the right: for a terminal, or as Markdown.</summary>
internal static class TextTable
{
    public static IEnumerable<string> Plain(string[] heading, IReadOnlyList<string[]> rows)
    {
        string[][] all = [heading, .. rows];
        int[] widths = [.. heading.Select((_, column) => all.Max(row => row[column].Length))];
        return all.Select(row => string.Join("  ", row.Select((cell, column) =>
            column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))));
    }

    public static IEnumerable<string> Markdown(string[] heading, IReadOnlyList<string[]> rows)
    {
        yield return $"| {string.Join(" | ", heading)} |";
        yield return $"|{string.Join('|', heading.Select((_, column) => column == 0 ? "---" : "---:"))}|";
        foreach (var row in rows)
        {
            yield return $"| {string.Join(" | ", row)} |";
        }
    }
}
