using NodeDns.Addresses;

namespace NodeDns.Corefile;

/// <summary>Checks that concern several blocks: zones that are served twice, queries that would be sent to ourselves,
/// and metrics of one address with different HTTPS settings.</summary>
internal static class CorefileValidator
{
    public static void Check(CorefileConfig config, ProblemList problems)
    {
        Duplicates(config, problems);
        DifferentBinds(config, problems);
        SharedPorts(config, problems);
        DifferentTls(config, problems);
        foreach (var block in config.Blocks)
        {
            OwnUpstreams(block, problems);
        }
    }

    /// <summary>Two blocks may serve the same zone and port only at different addresses or with different
    /// transports.</summary>
    private static void Duplicates(CorefileConfig config, ProblemList problems)
    {
        var seen = new Dictionary<string, List<(string Address, SourceLine At)>>();
        foreach (var block in config.Blocks)
        {
            foreach (var zone in block.Zones)
            {
                if (!seen.TryGetValue(zone.ToString(), out var taken))
                {
                    seen.Add(zone.ToString(), taken = []);
                }

                var addresses = Addresses(block);
                var clash = taken.Find(t => t.Address == "" || addresses.Contains("") || addresses.Contains(t.Address));
                if (clash.At.File is not null)
                {
                    var place = clash.Address == "" ? "" : $" on {clash.Address}";
                    problems.Error(block.At, "zone", zone.ToString(),
                        $"expected once on each address, and {clash.At} serves it{place} already");
                }

                taken.AddRange(addresses.Select(address => (address, block.At)));
            }
        }
    }

    /// <summary>CoreDNS accepts such files, but then answers REFUSED at addresses where the operator expects an
    /// answer.</summary>
    private static void DifferentBinds(CorefileConfig config, ProblemList problems)
    {
        var first = new Dictionary<(ZoneTransport, int Port), ServerBlockConfig>();
        foreach (var block in config.Blocks)
        {
            foreach (var server in block.Zones.Where(zone => zone.IsServed).Select(zone => (zone.Transport, zone.Port)).Distinct())
            {
                if (first.TryAdd(server, block) || Addresses(first[server]).SetEquals(Addresses(block)))
                {
                    continue;
                }

                problems.Warn(block.Bind?.At ?? block.At, "bind", Describe(block),
                    $"differs from {Describe(first[server])} of {first[server].At} on port {server.Port}: each address serves only "
                    + "the zones bound to it, and refuses other names");
            }
        }
    }

    /// <summary>CoreDNS opens such a port twice, and it depends on chance which one a connection reaches.</summary>
    private static void SharedPorts(CorefileConfig config, ProblemList problems)
    {
        foreach (var block in config.Blocks)
        {
            foreach (var zone in block.Zones.Where(zone => zone.Transport == ZoneTransport.Tls))
            {
                if (config.Blocks.FirstOrDefault(other => Addresses(other).Overlaps(Addresses(block)) && other.Zones.Any(
                        own => own.Transport == ZoneTransport.Dns && own.Port == zone.Port)) is { } shared)
                {
                    problems.Warn(block.At, "zone", zone.ToString(),
                        $"is served over UDP too, for {shared.At} has port {zone.Port} without tls://; a name of both is "
                        + "answered by the block that stands first");
                }
            }
        }
    }

    /// <summary>CoreDNS silently uses the first block's settings for this address, so clients might not be
    /// verified.</summary>
    private static void DifferentTls(CorefileConfig config, ProblemList problems)
    {
        var first = new Dictionary<ListenAddress, PrometheusConfig>();
        foreach (var prometheus in config.Blocks.Select(block => block.Prometheus).OfType<PrometheusConfig>())
        {
            if (prometheus.Tls is null || first.TryAdd(prometheus.Address, prometheus))
            {
                continue;
            }

            var other = first[prometheus.Address];
            if (other.Tls != prometheus.Tls)
            {
                problems.Error(prometheus.At, "prometheus", prometheus.Address.ToString(),
                    $"expected the tls of {other.At}, which serves this address too: an address has one, so write the same "
                    + "there and here, or another address");
            }
        }
    }

    private static void OwnUpstreams(ServerBlockConfig block, ProblemList problems)
    {
        foreach (var forward in block.Forward)
        {
            foreach (var server in forward.To)
            {
                if (OwnServers.Has(block, server))
                {
                    problems.Error(forward.At, "forward", server.ToString(), OwnServers.Expected);
                }
            }
        }
    }

    /// <summary>The addresses a block listens on; "" stands for all addresses.</summary>
    private static HashSet<string> Addresses(ServerBlockConfig block) => block.Bind is null
        ? [""]
        : [.. block.Bind.Groups.SelectMany(g => g.Targets.Except(g.Except)).Select(target => target.ToString())];

    private static string Describe(ServerBlockConfig block) =>
        block.Bind is null ? "every address" : string.Join(' ', Addresses(block).Order(StringComparer.Ordinal));
}
