namespace NodeDns.Cache.Upstream;

/// <summary>Why a forward has no answer. The reasons up to <see cref="LocalLimit"/> concern one attempt, the others the
/// whole forward.</summary>
internal enum UpstreamError
{
    /// <summary>No acceptable answer before the deadline.</summary>
    Timeout,

    /// <summary>The server's machine reports that nothing listens there.</summary>
    Refused,

    /// <summary>There is no route, or this machine has no address of that family.</summary>
    Unreachable,

    /// <summary>The server closed the connection without answering.</summary>
    Closed,

    /// <summary>The TLS handshake failed: certificate, name or protocol.</summary>
    TlsFailed,

    /// <summary>The server sent something that is not a DNS answer.</summary>
    Malformed,

    /// <summary>This machine has no more descriptors, ports or memory.</summary>
    LocalLimit,

    /// <summary><c>max_concurrent</c> is reached; the client gets REFUSED.</summary>
    TooManyConcurrent,

    /// <summary>Every server is down and <c>failfast_all_unhealthy_upstreams</c> is set.</summary>
    NoHealthyUpstream,

    /// <summary>The forwarder was closed while the query was pending.</summary>
    Stopped,
}
