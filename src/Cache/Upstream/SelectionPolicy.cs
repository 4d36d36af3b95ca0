namespace NodeDns.Cache.Upstream;

/// <summary>In which order one query tries the servers of its forward; CoreDNS's <c>policy</c>.</summary>
internal enum SelectionPolicy
{
    /// <summary>A new shuffle for each query.</summary>
    Random,

    /// <summary>Each query starts one server further, over all workers; the others follow as written.</summary>
    RoundRobin,

    /// <summary>As written: the later ones are asked only when the earlier ones fail.</summary>
    Sequential,
}
