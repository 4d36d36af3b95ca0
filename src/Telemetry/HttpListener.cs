using System.Net;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Telemetry;

/// <summary>One listening address of the endpoint, and its pages.</summary>
internal sealed class HttpListener : IEventHandler
{
    private readonly HttpEndpoint _endpoint;
    private readonly int _fd;

    private HttpListener(HttpEndpoint endpoint, int fd, IPEndPoint bound)
    {
        _endpoint = endpoint;
        _fd = fd;
        Bound = bound;
    }

    /// <summary>The routes by path. Used on the loop's thread only, once the listener has started.</summary>
    public IReadOnlyDictionary<string, HttpRoute> Routes { get; set; } = new Dictionary<string, HttpRoute>();

    /// <summary>The TLS settings; null for plain HTTP. Used on the loop's thread only, like
    /// <see cref="Routes"/>.</summary>
    public HttpTls? Tls { get; set; }

    /// <summary>The bound address, with the port that the kernel chose if 0 was asked for.</summary>
    public IPEndPoint Bound { get; }

    /// <summary>Binds and listens. With SO_REUSEPORT, so that the old and the new process of the same user can share
    /// the port during an upgrade.</summary>
    /// <param name="address">null for all addresses, IPv4 and IPv6.</param>
    public static SyscallResult Open(HttpEndpoint endpoint, IPAddress? address, int port, out HttpListener? listener)
    {
        listener = null;
        var bind = address ?? IPAddress.IPv6Any;
        var isIPv6 = bind.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        var made = Libc.Socket(
            isIPv6 ? Libc.AF_INET6 : Libc.AF_INET, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        if (address is null && made.Error == Errno.EAFNOSUPPORT)
        {
            return Open(endpoint, IPAddress.Any, port, out listener);
        }

        if (made.IsError)
        {
            return made;
        }

        var fd = made.Value;
        _ = Libc.SetSocketOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
        _ = Libc.SetSocketOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, 1);
        // node-cache's health endpoint is at the local address, which the guard may add later than this.
        _ = isIPv6
            ? Libc.SetSocketOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_FREEBIND, 1)
            : Libc.SetSocketOption(fd, Libc.IPPROTO_IP, Libc.IP_FREEBIND, 1);
        if (isIPv6)
        {
            _ = Libc.SetSocketOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, address is null ? 0 : 1);
        }

        var result = Libc.Bind(fd, SocketAddress.From(new IPEndPoint(bind, port)));
        if (!result.IsError)
        {
            result = Libc.Listen(fd, 64);
        }

        if (!result.IsError)
        {
            result = Libc.GetSocketName(fd, out var name).IsError
                ? result
                : Opened(endpoint, fd, name, out listener);
        }

        if (listener is null)
        {
            Libc.Close(fd);
            // The host may support IPv6 sockets but have no IPv6 address.
            if (address is null && result.Error == Errno.EADDRNOTAVAIL)
            {
                return Open(endpoint, IPAddress.Any, port, out listener);
            }
        }
        return result;
    }

    public void Start() => _endpoint.Loop.Add(_fd, Libc.EPOLLIN, this);

    public void OnEvents(uint events)
    {
        var accepted = Libc.Accept(_fd, out _);
        if (accepted.IsError)
        {
            return;
        }

        Tls = Tls?.Current(_endpoint.Log);
        var ssl = Tls?.Accept(accepted.Value) ?? 0;
        if (Tls is not null && ssl == 0)
        {
            Libc.Close(accepted.Value);
        }
        else
        {
            _endpoint.Accepted(new HttpConnection(_endpoint, this, accepted.Value, ssl));
        }
    }

    public void Close()
    {
        _endpoint.Loop.Remove(_fd);
        Libc.Close(_fd);
    }

    private static SyscallResult Opened(HttpEndpoint endpoint, int fd, SocketAddress name, out HttpListener listener)
    {
        listener = new HttpListener(endpoint, fd, name.ToIPEndPoint());
        return SyscallResult.From(fd, 0);
    }
}
