using System.Collections.Immutable;
using System.Net;

namespace NodeDns.Corefile;

/// <summary>Servers that are the cache itself: a block that forwards to an address it listens on would ask itself, in an
/// endless loop.</summary>
internal static class OwnServers
{
    public const string Expected = "expected another server: this is an address the block itself listens on";

    public static bool Has(ServerBlockConfig block, UpstreamAddress server) =>
        !server.Tls && block.Zones.Any(zone => zone.IsServed && zone.Port == server.Port) && Listens(block, server.Address);

    /// <summary>Those upstreamNameservers of the kube-dns ConfigMap that a block forwards to and listens on, each with
    /// the place of the forward.</summary>
    public static ImmutableArray<(string Server, SourceLine At)> Among(
        ImmutableArray<string> upstreamNameservers, IReadOnlyList<ServerBlockConfig> blocks)
    {
        var own = ImmutableArray.CreateBuilder<(string, SourceLine)>();
        foreach (var text in upstreamNameservers)
        {
            var forward = blocks.SelectMany(
                block => block.Forward.Where(forward => forward.To.Any(
                    to => KubeDnsReader.TryServer(text, out var server) && to == server && Has(block, to))))
                .FirstOrDefault();
            if (forward is not null)
            {
                own.Add((text, forward.At));
            }
        }

        return own.ToImmutable();
    }

    private static bool Listens(ServerBlockConfig block, IPAddress address)
    {
        if (block.Bind is null)
        {
            return IPAddress.IsLoopback(address) || IsAny(address);
        }

        return block.Bind.Addresses.Any(own => own.Equals(address) || (IsAny(own) && IPAddress.IsLoopback(address)));
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
