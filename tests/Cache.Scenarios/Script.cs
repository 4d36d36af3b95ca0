namespace NodeDns.Cache.Scenarios;

/// <summary>One line of a script with the indented lines below it.</summary>
/// <param name="Line">1-based line number, for messages.</param>
public sealed record Step(int Line, string[] Words, string[] Block);

/// <summary>A scenario file: steps in order.</summary>
public static class Script
{
    public static List<Step> Read(string path)
    {
        var steps = new List<Step>();
        var lines = File.ReadAllLines(path);
        for (var at = 0; at < lines.Length;)
        {
            var head = lines[at];
            var first = at++;
            if (head.Length == 0 || head[0] == '#')
            {
                continue;
            }
            var block = new List<string>();
            while (at < lines.Length && (lines[at].StartsWith(' ') || lines[at].Length == 0))
            {
                if (lines[at].Trim().Length > 0)
                {
                    block.Add(lines[at].Trim());
                }
                at++;
            }
            steps.Add(new Step(first + 1, head.Split(' ', StringSplitOptions.RemoveEmptyEntries), [.. block]));
        }
        return steps;
    }
}
