using NodeDns.Corefile;

namespace NodeDns.Cache.Commands;

/// <summary>Describes a configuration: where it listens, then its directives in the order in which a query passes
/// them.</summary>
internal static class CheckReport
{
    public static void Write(CorefileConfig config, TextWriter writer)
    {
        foreach (var block in config.Blocks)
        {
            Write(block, writer);
        }
    }

    private static void Write(ServerBlockConfig block, TextWriter writer)
    {
        writer.WriteLine(string.Join(' ', block.Zones)
            + (block.IsStubDomain ? " (stub domain)" : ""));
        Line(writer, "listen", Listen(block));
        foreach (var directive in DirectiveTable.InOrder)
        {
            foreach (var line in directive.Lines(block))
            {
                Line(writer, directive.Name, line);
            }
        }
        if (block.Whoami is null && block.Forward.IsEmpty)
        {
            Line(writer, "(end)", "everything else is refused");
        }
    }

    private static void Line(TextWriter writer, string name, string text) => writer.WriteLine($"  {name,-11} {text}".TrimEnd());

    private static string Listen(ServerBlockConfig block)
    {
        if (!block.Zones.Any(zone => zone.IsServed))
        {
            return "nowhere";
        }

        if (block.Bind is null)
        {
            return "every address";
        }

        var except = block.Bind.Groups.SelectMany(g => g.Except).ToArray();
        var targets = string.Join(' ', block.Bind.Groups.SelectMany(g => g.Targets));
        return except.Length == 0 ? targets : $"{targets}, but not {string.Join(' ', except)}";
    }
}
