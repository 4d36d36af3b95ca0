using System.Collections.Immutable;

namespace NodeDns.Corefile.Directives;

/// <summary>search_cut [DOMAIN]</summary>
internal static class SearchCutReader
{
    public static ServerBlockConfig Read(ServerBlockConfig block, DirectiveScope scope)
    {
        scope.NoBody();
        if (!scope.Once(block.SearchCut) || Domain(scope) is not { } domain)
        {
            return block;
        }

        return block with { SearchCut = new() { At = scope.At, Domain = domain } };
    }

    private static string? Domain(DirectiveScope scope)
    {
        var args = scope.Head.Args;
        if (!scope.Count(scope.Head, 0, 1, "expected one domain or none: the cluster domain, such as cluster.local"))
        {
            return null;
        }

        if (args.IsEmpty)
        {
            ImmutableArray<string> own = [.. scope.BlockZones.Where(zone => zone != "." && !ReverseZones.IsReverse(zone))];
            if (own.Length != 1)
            {
                scope.Error(scope.Head, own.IsEmpty
                    ? "expected the cluster domain after it, such as cluster.local: no zone of this block can be one"
                    : $"expected the cluster domain after it: this block serves {string.Join(' ', own)}");
            }

            return own.Length == 1 ? own[0] : null;
        }

        if (scope.Zones(args) is not [var domain] || domain == "." || ReverseZones.IsReverse(domain)
            || !scope.BlockZones.Any(zone => DomainName.IsWithin(domain, zone)))
        {
            scope.Error(args[0], "expected the cluster domain, such as cluster.local, within a zone of this block");
            return null;
        }

        return domain;
    }
}
