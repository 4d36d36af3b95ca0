using System.Collections.Immutable;
using System.Net;
using DnsClient;
using NodeDns.Addresses;
using NodeDns.Corefile;
using NodeDns.Linux.Sockets;

namespace NodeDns.Cache.Serve;

/// <summary>Looks up upstreams that are given as host names: at start and at each reload, never on the data
/// path.</summary>
internal static class UpstreamNames
{
    /// <summary>How long a look-up may delay a start or a reload.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(1);

    /// <summary>IPv4 addresses come first; each family is in the order of the answer. Empty when the name is not
    /// known.</summary>
    /// <param name="resolvers">The servers to ask; if empty, those of /etc/resolv.conf.</param>
    public static ImmutableArray<IPAddress> Lookup(string name, ImmutableArray<IPEndPoint> resolvers)
    {
        var servers = resolvers.IsEmpty ? MachineServers() : [.. resolvers];
        if (servers.Length == 0)
        {
            return [];
        }

        var client = new LookupClient(new LookupClientOptions(servers)
        {
            Timeout = s_timeout,
            Retries = 1,
            UseCache = false,
            ThrowDnsErrors = false,
            ContinueOnDnsError = true,
        });
        return [.. Ask(client, name, QueryType.A), .. Ask(client, name, QueryType.AAAA)];
    }

    private static IEnumerable<IPAddress> Ask(LookupClient client, string name, QueryType type)
    {
        try
        {
            return client.Query(name, type).Answers.AddressRecords().Select(record => record.Address);
        }
        catch (DnsResponseException)
        {
            // The look-up timed out. The caller reports that there is no address.
            return [];
        }
    }

    private static IPEndPoint[] MachineServers() =>
        new DiskFiles().Read(PillarText.UpstreamDefault, out _) is { } text
            ? [.. ResolvConf.Parse(text).Nameservers
                .Select(server => LinkScope.Of(server.Address, server.Scope))
                .OfType<IPAddress>()
                .Select(server => new IPEndPoint(server, UpstreamAddress.DnsPort))]
            : [];
}
