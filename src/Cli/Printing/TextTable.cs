using Spectre.Console;

namespace NodeDns.Cli.Printing;

/// <summary>A table in kubectl's layout: columns three spaces apart, headings in upper case, no spaces after the last
/// column.</summary>
/// <param name="columns">The headings of the columns.</param>
/// <param name="headings">The headings are shown (not with <c>--no-headers</c>).</param>
internal sealed class TextTable(string[] columns, bool headings = true)
{
    private const int Gap = 3;

    private readonly List<Cell[]> _rows = [];

    public int Count => _rows.Count;

    public void Add(params Cell[] cells) => _rows.Add(cells);

    public void WriteTo(TextWriter writer)
    {
        var all = (headings ? [[.. columns.Select(column => new Cell(column))]] : Array.Empty<Cell[]>()).Concat(_rows).ToList();
        var widths = columns.Select((_, at) => all.Max(row => row[at].Text.Length)).ToArray();
        foreach (var row in all)
        {
            writer.WriteLine(string.Concat(row.Select((cell, at) => cell.Text.PadRight(widths[at] + Gap))).TrimEnd());
        }
    }

    /// <summary>The same table in colour, with the last column wrapped at the width of the terminal.</summary>
    public Table ForTerminal()
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = headings };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column)) { Padding = new Padding(0, 0, Gap, 0), NoWrap = column != columns[^1] });
        }

        foreach (var row in _rows)
        {
            table.AddRow(row.Select(cell => new Markup(
                cell.Tone is null ? Markup.Escape(cell.Text) : $"[{cell.Tone}]{Markup.Escape(cell.Text)}[/]")));
        }

        return table;
    }

    /// <param name="Text">One line.</param>
    /// <param name="Tone">The name of a colour for terminals, or null.</param>
    internal readonly record struct Cell(string Text, string? Tone = null)
    {
        public static implicit operator Cell(string text) => new(text);

        public static implicit operator Cell(int number) => new(number.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
