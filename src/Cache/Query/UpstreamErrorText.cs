using NodeDns.Cache.Upstream;

namespace NodeDns.Cache.Query;

/// <summary>Upstream failures, worded as in CoreDNS, because users filter their logs by these words.</summary>
internal static class UpstreamErrorText
{
    public static string Of(UpstreamError error) => error switch
    {
        UpstreamError.Timeout => "i/o timeout",
        UpstreamError.Refused => "connection refused",
        UpstreamError.Unreachable => "network is unreachable",
        UpstreamError.Closed => "connection closed without an answer",
        UpstreamError.TlsFailed => "TLS handshake failed",
        UpstreamError.Malformed => "malformed answer",
        UpstreamError.LocalLimit => "out of descriptors, ports or memory",
        UpstreamError.TooManyConcurrent => "concurrent queries exceeded maximum",
        UpstreamError.NoHealthyUpstream => "no healthy upstream",
        _ => "stopped",
    };
}
