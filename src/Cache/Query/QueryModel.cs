using System.Net;

namespace NodeDns.Cache.Query;

/// <summary>A whole configuration, made ready. Immutable and shared by all workers; a reload replaces it as one
/// reference.</summary>
internal sealed class QueryModel
{
    private readonly Dictionary<IPEndPoint, ServerModel> _servers;

    /// <param name="forwardCount">Forward directives of all blocks: how many <see cref="IForwarder"/>s a worker needs.
    /// </param>
    public QueryModel(IEnumerable<ServerModel> servers, int forwardCount)
    {
        _servers = servers.ToDictionary(server => server.EndPoint);
        ForwardCount = forwardCount;
    }

    public int ForwardCount { get; }

    public IReadOnlyCollection<ServerModel> Servers => _servers.Values;

    /// <summary>The server at an address; one that listens on every address stands in for those not named.</summary>
    /// <returns>null when the configuration serves nothing there over that protocol.</returns>
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
