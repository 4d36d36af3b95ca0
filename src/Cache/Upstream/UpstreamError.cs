namespace NodeDns.Cache.Upstream;

/// <summary>Why a forward has no answer. The first group is about one server, the second about the whole
/// forward.</summary>
internal enum UpstreamError
{
    /// <summary>No acceptable answer before the deadline.</summary>
    Timeout,

    /// <summary>The server's machine says that nothing listens there.</summary>
    Refused,

    /// <summary>No route, or no address of the family.</summary>
    Unreachable,

    /// <summary>The server closed the connection without answering.</summary>
    Closed,

    /// <summary>The TLS handshake failed: certificate, name or protocol.</summary>
    TlsFailed,

    /// <summary>The server sent what cannot be a DNS answer.</summary>
    Malformed,

    /// <summary>This machine could not: descriptors, ports or memory ran out.</summary>
    LocalLimit,

    /// <summary><c>max_concurrent</c> is reached; the client gets REFUSED.</summary>
    TooManyConcurrent,

    /// <summary>Every server is down and <c>failfast_all_unhealthy_upstreams</c> is set.</summary>
    NoHealthyUpstream,

    /// <summary>The forwarder was closed under the query.</summary>
    Stopped,
}
