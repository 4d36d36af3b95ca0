using NodeDns.Linux.Interop;

namespace NodeDns.Cache.Upstream;

/// <summary>Translates an errno of connect, send or recv into an <see cref="UpstreamError"/>.</summary>
internal static class ConnectError
{
    public static UpstreamError From(Errno error) => error switch
    {
        Errno.ECONNREFUSED => UpstreamError.Refused,
        Errno.ECONNRESET or Errno.EPIPE or Errno.ECONNABORTED => UpstreamError.Closed,
        Errno.ETIMEDOUT => UpstreamError.Timeout,
        Errno.EMFILE or Errno.ENOMEM or Errno.ENOBUFS or Errno.EAGAIN or Errno.EADDRNOTAVAIL
            => UpstreamError.LocalLimit,
        _ => UpstreamError.Unreachable,
    };
}
