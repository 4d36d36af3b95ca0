using System.Collections.Immutable;
using System.Net;
using NodeDns.Addresses;

namespace NodeDns.Corefile;

/// <summary>Makes server blocks for the stub domains of the kube-dns ConfigMap.</summary>
/// <remarks>They use the metrics and the log of the block for ".", unlike in node-cache. A domain that the Corefile
/// serves itself is left out.</remarks>
internal static class StubDomainBlocks
{
    private const int CacheTtlSeconds = 30;

    public static IReadOnlyList<ServerBlockConfig> Make(
        CorefileOptions options, IReadOnlyList<ServerBlockConfig> blocks, ProblemList problems)
    {
        var model = blocks.FirstOrDefault(block => block.Zones.Any(zone => zone.Name == "." && IsOurs(zone)))
            ?? blocks.FirstOrDefault(block => block.Zones.Any(IsOurs));
        var made = new List<ServerBlockConfig>();
        foreach (var stub in options.KubeDns.StubDomains)
        {
            var zone = new ZoneConfig(stub.Domain, options.DnsPort);
            if (blocks.Concat(made).Any(block => block.Zones.Any(z => z.Name == zone.Name && IsOurs(z))))
            {
                problems.Warn(stub.At, "stubDomains", stub.Domain, "left out: the Corefile serves this zone itself");
            }
            else
            {
                made.AddRange(WithoutOwn(Block(stub, zone, options, model), stub, problems));
            }
        }

        return made;

        bool IsOurs(ZoneConfig zone) => zone.Transport == ZoneTransport.Dns && zone.Port == options.DnsPort;
    }

    /// <summary>Nothing is returned when no server is left.</summary>
    private static IEnumerable<ServerBlockConfig> WithoutOwn(
        ServerBlockConfig block, StubDomain stub, ProblemList problems)
    {
        var others = stub.Servers.RemoveAll(server => OwnServers.Has(block, server));
        foreach (var own in stub.Servers.Except(others))
        {
            problems.LeaveOut(stub.At, KubeDnsReader.StubDomainsKey, $"{stub.Domain}: {own}", OwnServers.Expected);
        }

        if (others.IsEmpty)
        {
            problems.LeaveOut(stub.At, KubeDnsReader.StubDomainsKey, stub.Domain, KubeDnsReader.NoServer);
            return [];
        }

        return [block with { Forward = [block.Forward[0] with { To = others }] }];
    }

    private static ServerBlockConfig Block(
        StubDomain stub, ZoneConfig zone, CorefileOptions options, ServerBlockConfig? model)
    {
        var ttl = TimeSpan.FromSeconds(CacheTtlSeconds);
        var bind = model?.Bind;
        if (!options.Pillars.LocalAddresses.IsEmpty)
        {
            ImmutableArray<BindTarget> targets =
                [.. options.Pillars.LocalAddresses
                    .Select(text => AddressText.TryAddress(text, out var address) ? address : null)
                    .OfType<IPAddress>()
                    .Select(address => new BindTarget(address, null))];
            bind = new BindConfig { At = stub.At, Groups = [new(targets, [])] };
        }

        return new()
        {
            At = stub.At,
            Zones = [zone],
            IsStubDomain = true,
            Bind = bind,
            Errors = new() { At = stub.At },
            Cache = new() { At = stub.At, Zones = [stub.Domain], SuccessTtl = ttl, DenialTtl = ttl },
            Forward = [new() { At = stub.At, To = stub.Servers }],
            Prometheus = model?.Prometheus,
            Log = model?.Log,
        };
    }
}
