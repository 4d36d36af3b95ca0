namespace NodeDns.House.Tests;

/// <summary>The arrows that docs/architecture.md draws, in blocks fenced by <c>```arrows</c>. A line
/// <c>Webhook.Endpoint -> Injection.Decide, Webhook.Telemetry</c> says which rooms a room may reach; a room that reaches
/// none stands alone on its line. A room is a namespace, without <c>NodeDns.</c>; with <c>.*</c> behind it, all below
/// belong to it.</summary>
internal sealed class Drawing
{
    private readonly HashSet<string> _rooms = [];
    private readonly HashSet<Arrow> _arrows = [];

    private Drawing()
    {
    }

    public IReadOnlySet<Arrow> Arrows => _arrows;

    public static Drawing Read(IEnumerable<string> lines)
    {
        var drawing = new Drawing();
        var inside = false;
        foreach (var line in lines)
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                inside = line == "```arrows";
            }
            else if (inside && line.Trim().Length > 0)
            {
                drawing.Add(line);
            }
        }
        return drawing;
    }

    /// <returns>null when the namespace is in no room that is drawn.</returns>
    public string? RoomOf(string @namespace) => @namespace.StartsWith("NodeDns.", StringComparison.Ordinal)
        ? Find(@namespace["NodeDns.".Length..])
        : null;

    private string? Find(string path)
    {
        if (_rooms.Contains(path))
        {
            return path;
        }

        for (var above = path; above.Length > 0; above = above[..Math.Max(0, above.LastIndexOf('.'))])
        {
            if (_rooms.Contains(above + ".*"))
            {
                return above + ".*";
            }
        }
        return null;
    }

    private void Add(string line)
    {
        var sides = line.Split("->", StringSplitOptions.TrimEntries);
        _rooms.Add(sides[0]);
        if (sides.Length == 1)
        {
            return;
        }

        foreach (var target in sides[1].Split(',', StringSplitOptions.TrimEntries))
        {
            _arrows.Add(new Arrow(sides[0], target));
        }
    }
}
