using System.Text.RegularExpressions;

namespace NodeDns.EndToEnd.Operators;

/// <summary>A command of a page's console blocks, and what it is said to print.</summary>
internal sealed record Transcript(string Command, string Output)
{
    /// <summary>In their order on the page.</summary>
    public static List<Transcript> Read(string page)
    {
        var all = new List<Transcript>();
        var inside = false;
        foreach (var line in File.ReadLines(Path.Combine(Tool.Checkout, page)))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                inside = line == "```console";
            }
            else if (inside && line.StartsWith("$ ", StringComparison.Ordinal))
            {
                all.Add(new Transcript(line[2..], ""));
            }
            else if (inside)
            {
                all[^1] = all[^1] with { Output = all[^1].Output + line + "\n" };
            }
        }

        return all;
    }

    /// <summary>Whether that is what was printed; … on the page stands for anything on its line.</summary>
    public bool Is(string printed) =>
        Regex.IsMatch(printed, @"\A" + Regex.Escape(Output).Replace("…", ".*", StringComparison.Ordinal) + @"\z");
}
