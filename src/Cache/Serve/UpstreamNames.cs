using System.Collections.Immutable;
using System.Net;
using DnsClient;
using NodeDns.Corefile;
using NodeDns.Linux.Sockets;

namespace NodeDns.Cache.Serve;

/// <summary>Looks up upstreams that are written as host names: at start and at each reload, never on the data path.</summary>
internal static class UpstreamNames
{
    /// <summary>A start or a reload waits for this; a server that takes longer would not do as an upstream's
    /// finder.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(1);

    /// <summary>IPv4 first, each family in the order answered; empty when nobody knows the name.</summary>
    /// <param name="resolvers">Whom to ask; empty: the servers of /etc/resolv.conf.</param>
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
            // Timeouts: the caller says that there was no address.
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
