using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>Reads the zones and directives of one block.</summary>
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
            {
                continue;
            }

            if (DirectiveTable.Find(directive.Name) is { } known)
            {
                block = known.Read(block, new(directive, names, options, problems, files));
                block = block with { Written = block.Written.Add(new(directive.Name, directive.ToString())) };
            }
            else
            {
                problems.Error(
                    directive.At, directive.Name, directive.Head.ArgsText, DirectiveTable.Expected(directive.Name));
            }
        }

        return block;
    }

    private static ImmutableArray<ZoneConfig> Zones(BlockNode node, CorefileOptions options, ProblemList problems)
    {
        var zones = ImmutableArray.CreateBuilder<ZoneConfig>();
        foreach (var key in node.Keys)
        {
            if (PillarText.Leftover(key.Text) is { } needed)
            {
                problems.Error(key.At, "zone", key.Text, needed);
            }
            else if (ZoneText.TryReadKey(key.Text, options.DnsPort, out var read, out var reason))
            {
                zones.AddRange(read);
                if (Warning(read[0].Transport) is { } warning)
                {
                    problems.Warn(key.At, "zone", key.Text, warning);
                }
            }
            else
            {
                problems.Error(key.At, "zone", key.Text, reason);
            }
        }

        return zones.ToImmutable();
    }

    /// <summary>Warns about what a zone's scheme does not do here; null for plain DNS.</summary>
    private static string? Warning(ZoneTransport transport) => transport switch
    {
        ZoneTransport.Dns => null,
        ZoneTransport.Tls => "is served as plain DNS over TCP, not encrypted, as CoreDNS does without a certificate: "
            + "leave the scheme out, or put a proxy that has one before it",
        ZoneTransport.Unix => "nothing is served there, nor by CoreDNS: leave the scheme out to serve it over UDP and TCP",
        _ => "nothing is served there: leave the scheme out to serve it over UDP and TCP, or put a proxy that speaks "
            + $"DNS over {(transport == ZoneTransport.Grpc ? "gRPC" : "HTTP")} before it",
    };

    /// <summary>Reports a variable without a value as such, because otherwise its text would be reported as an invalid
    /// argument.</summary>
    private static bool PillarProblem(DirectiveNode directive, ProblemList problems)
    {
        foreach (var line in directive.Body.Prepend(directive.Head))
        {
            foreach (var token in line.Args.Prepend(line.Name))
            {
                if (PillarText.Leftover(token.Text) is not { } needed)
                {
                    continue;
                }

                problems.Error(token.At, directive.Name, token.Text, needed);
                return true;
            }
        }

        return false;
    }
}
