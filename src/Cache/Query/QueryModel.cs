using System.Net;

namespace NodeDns.Cache.Query;

/// <summary>A whole configuration in the form that queries use. Immutable and shared by all workers. A reload replaces
/// the reference to it.</summary>
internal sealed class QueryModel
{
    private readonly Dictionary<IPEndPoint, ServerModel> _servers;

    /// <param name="forwardCount">The number of forward directives in all blocks, which is how many
    /// <see cref="IForwarder"/>s a worker needs.</param>
    public QueryModel(IEnumerable<ServerModel> servers, int forwardCount)
    {
        _servers = servers.ToDictionary(server => server.EndPoint);
        ForwardCount = forwardCount;
    }

    public int ForwardCount { get; }

    public IReadOnlyCollection<ServerModel> Servers => _servers.Values;

    /// <summary>The server for an address. A server that listens on all addresses is used when the address itself has
    /// none.</summary>
    /// <returns>null when nothing is served at this address over this protocol.</returns>
    public ServerModel? ServerAt(IPEndPoint endPoint, bool overTcp)
    {
        if (Find(endPoint) is { } server)
        {
            return server;
        }

        var any = endPoint.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            ? IPAddress.IPv6Any
            : IPAddress.Any;
        return Find(new IPEndPoint(any, endPoint.Port));

        ServerModel? Find(IPEndPoint at) =>
            _servers.TryGetValue(at, out var found) && (overTcp || !found.IsTcpOnly) ? found : null;
    }
}
