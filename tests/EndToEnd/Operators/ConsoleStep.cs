using System.Text.RegularExpressions;

namespace NodeDns.EndToEnd.Operators;

/// <summary>A command in a page's console blocks, and what the page says that it prints.</summary>
internal sealed partial record ConsoleStep(string Command, string Output)
{
    /// <summary>It changes nothing, so it can be typed again.</summary>
    public bool OnlyReads => Reading().IsMatch(Command) && !Command.Contains("kubectl patch", StringComparison.Ordinal);

    /// <summary>The steps in their order on the page.</summary>
    public static List<ConsoleStep> Read(string page)
    {
        var all = new List<ConsoleStep>();
        var inside = false;
        foreach (var line in File.ReadLines(Path.Combine(Tool.Checkout, page)))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                inside = line == "```console";
            }
            else if (inside && line.StartsWith("$ ", StringComparison.Ordinal))
            {
                all.Add(new ConsoleStep(line[2..], ""));
            }
            else if (inside)
            {
                all[^1] = all[^1] with { Output = all[^1].Output + line + "\n" };
            }
        }

        return all;
    }

    /// <summary>Compares with what was printed; … on the page stands for anything on its line.</summary>
    public bool Is(string printed) =>
        Regex.IsMatch(printed, @"\A" + Regex.Escape(Output).Replace("…", ".*", StringComparison.Ordinal) + @"\z");

    [GeneratedRegex("^kubectl nodedns (doctor|report|status)")]
    private static partial Regex Reading();
}
