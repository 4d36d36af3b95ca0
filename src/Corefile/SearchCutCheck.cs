using System.Collections.Immutable;

namespace NodeDns.Corefile;

/// <summary>Decides whether search_cut can work, which depends on the rest of its block and on the other blocks. Where it
/// cannot, it is off, and a warning says why.</summary>
internal static class SearchCutCheck
{
    public static ImmutableArray<ServerBlockConfig> Of(IReadOnlyList<ServerBlockConfig> blocks, ProblemList problems)
    {
        return [.. blocks.Select(Checked)];

        ServerBlockConfig Checked(ServerBlockConfig block)
        {
            if (block.SearchCut is not { } cut || (WhyOff(block, cut.Domain) ?? OtherBlock(block, cut.Domain, blocks)) is not { } why)
            {
                return block;
            }

            problems.Warn(cut.At, "search_cut", cut.Domain, $"has no effect: {why}");
            return block with { SearchCut = cut with { WhyOff = why } };
        }
    }

    private static string? WhyOff(ServerBlockConfig block, string domain)
    {
        // What answers or changes some names of a zone may do so below a name that cluster DNS denies.
        DirectiveConfig?[] rules = [block.Hosts, block.Rewrite, block.Template];
        if (Array.Find(rules, rule => rule is not null) is { } found)
        {
            var name = found == block.Hosts ? "hosts" : found == block.Rewrite ? "rewrite" : "template";
            return $"{name} at {found.At} may have names of its own there: move it to a block of its own zone";
        }

        if (block.Cache is not { } cache || !cache.Zones.Any(zone => DomainName.IsWithin(domain, zone)))
        {
            return $"nothing keeps a denial of {domain}: the block needs a cache directive for it";
        }

        if (cache.DenialTtl < TimeSpan.FromSeconds(1)
            || cache.DisableDenial.Any(zone => DomainName.IsWithin(domain, zone) || DomainName.IsWithin(zone, domain)))
        {
            return $"the cache directive at {cache.At} keeps no denials there";
        }

        return block.Forward switch
        {
            [] => "the block asks no cluster DNS: it needs a forward directive",
            [{ Except.IsEmpty: true } one] when DomainName.IsWithin(domain, one.From) => null,
            _ => $"not all names of {domain} are asked at one place: it needs one forward directive without except",
        };
    }

    /// <summary>A zone within the domain has names of its own; a zone around it, up to the block's own, takes the domain
    /// away from the block.</summary>
    private static string? OtherBlock(ServerBlockConfig block, string domain, IReadOnlyList<ServerBlockConfig> blocks)
    {
        var own = block.Zones.Where(zone => DomainName.IsWithin(domain, zone.Name)).Max(zone => zone.Name.Length);
        foreach (var other in blocks.Where(other => other != block && SharesAddress(other, block)))
        {
            foreach (var zone in other.Zones.Where(zone => block.Zones.Any(served => served.Port == zone.Port)))
            {
                if (zone.Name != domain && DomainName.IsWithin(zone.Name, domain))
                {
                    return $"{other.At} serves {zone.Name} from elsewhere, a part of it";
                }

                if (DomainName.IsWithin(domain, zone.Name) && zone.Name.Length > own)
                {
                    return $"{other.At} serves {zone.Name}, so that no name of {domain} comes to this block";
                }
            }
        }

        return null;
    }

    private static bool SharesAddress(ServerBlockConfig a, ServerBlockConfig b) =>
        a.Bind is null or { HasInterfaces: true } || b.Bind is null or { HasInterfaces: true }
        || a.Bind.Addresses.Intersect(b.Bind.Addresses).Any();
}
