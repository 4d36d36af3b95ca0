using System.Collections.Immutable;

namespace NodeDns.Cache.Corefile;

/// <summary>One block's zones and directives.</summary>
internal static class BlockReader
{
    public static ServerBlockConfig Read(
        BlockNode node, CorefileOptions options, ProblemList problems, FileTrail files)
    {
        var zones = Zones(node, options, problems);
        ImmutableArray<string> names = [.. zones.Select(zone => zone.Name).Distinct()];
        var block = new ServerBlockConfig { At = node.Keys[0].At, Zones = zones };
        foreach (var directive in node.Directives)
        {
            if (PillarProblem(directive, problems))
                continue;
            if (DirectiveTable.Reader(directive.Name) is { } read)
                block = read(block, new(directive, names, options, problems, files));
            else
                problems.Error(
                    directive.At, directive.Name, directive.Head.ArgsText, DirectiveTable.Expected(directive.Name));
        }

        return block;
    }

    private static ImmutableArray<ZoneConfig> Zones(BlockNode node, CorefileOptions options, ProblemList problems)
    {
        var zones = ImmutableArray.CreateBuilder<ZoneConfig>();
        foreach (var key in node.Keys)
        {
            if (PillarText.Leftover(key.Text) is { } needed)
                problems.Error(key.At, "zone", key.Text, needed);
            else if (ZoneText.TryRead(key.Text, out var names, out var port, out var reason))
            {
                foreach (var name in names)
                    zones.Add(new(name, port < 0 ? options.DnsPort : port) { PortGiven = port >= 0 });
            }
            else
                problems.Error(key.At, "zone", key.Text, reason);
        }

        return zones.ToImmutable();
    }

    /// <summary>Says what a variable without a value needs, instead of what its text is not.</summary>
    private static bool PillarProblem(DirectiveNode directive, ProblemList problems)
    {
        foreach (var line in directive.Body.Prepend(directive.Head))
        {
            foreach (var token in line.Args.Prepend(line.Name))
            {
                if (PillarText.Leftover(token.Text) is not { } needed)
                    continue;
                problems.Error(token.At, directive.Name, token.Text, needed);
                return true;
            }
        }

        return false;
    }
}
