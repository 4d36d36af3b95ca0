namespace NodeDns.Cache.Upstream;

/// <summary>The order in which a query tries the servers of its forward (CoreDNS's <c>policy</c>).</summary>
internal enum SelectionPolicy
{
    /// <summary>A random order for each query.</summary>
    Random,

    /// <summary>Each query starts with the next server, counted over all workers. The others follow in the order of the
    /// Corefile.</summary>
    RoundRobin,

    /// <summary>The order of the Corefile. Later servers are asked only when earlier ones fail.</summary>
    Sequential,
}
