using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Upstream;

/// <summary>DNS over TLS (RFC 7858) on the worker's epoll loop.</summary>
internal sealed class TlsConnection : StreamConnection, IEventHandler
{
    private readonly int _fd;
    private nint _ssl;
    private uint _watched = Libc.EPOLLOUT;
    private bool _failed;

    private TlsConnection(ConnectionPool pool, int fd)
        : base(pool)
    {
        _fd = fd;
        Loop.Add(fd, _watched, this);
    }

    /// <summary>Starts to connect. Queries may be submitted at once.</summary>
    public static TlsConnection? Open(ConnectionPool pool, out UpstreamError error)
    {
        if (pool.Forwarder.Group.Tls!.Problem is { } problem)
        {
            pool.Server.Trouble = problem;
            error = UpstreamError.TlsFailed;
            return null;
        }
        var fd = UpstreamSocket.Connect(pool, out error);
        return fd < 0 ? null : new TlsConnection(pool, fd);
    }

    public void OnEvents(uint events)
    {
        if (_ssl == 0 && !Begin())
        {
            return;
        }
        if (!IsConnected && !Handshake())
        {
            return;
        }
        Receive();
        if (!IsClosed && Pending.Length > 0)
        {
            Flush();
        }
    }

    protected override void Flush()
    {
        while (Pending.Length > 0)
        {
            var written = OpenSsl.Write(_ssl, Pending, out var error);
            if (written > 0)
            {
                Written(written);
                continue;
            }
            if (error is OpenSsl.SSL_ERROR_WANT_WRITE or OpenSsl.SSL_ERROR_WANT_READ)
            {
                Watch(error == OpenSsl.SSL_ERROR_WANT_WRITE ? Libc.EPOLLIN | Libc.EPOLLOUT : Libc.EPOLLIN);
                return;
            }
            Break(UpstreamError.Closed, sendGoodbye: false);
            return;
        }
        Watch(Libc.EPOLLIN);
    }

    protected override void CloseTransport()
    {
        if (_ssl != 0)
        {
            OpenSsl.FreeConnection(_ssl, IsConnected && !_failed);
            _ssl = 0;
        }
        Loop.Remove(_fd);
        Libc.Close(_fd);
    }

    private bool Begin()
    {
        Libc.GetSocketOption(_fd, Libc.SOL_SOCKET, Libc.SO_ERROR, out var error);
        if (error != 0)
        {
            Break(ConnectError.From((Errno)error));
            return false;
        }
        _ssl = Forwarder.Group.Tls!.NewConnection(_fd, Pool.Server.Endpoint, Forwarder.Options.Tls);
        if (_ssl == 0)
        {
            Refuse($"{TlsContext.NameOf(Pool.Server.Endpoint, Forwarder.Options.Tls)} is no name for a certificate");
            return false;
        }
        return true;
    }

    private bool Handshake()
    {
        if (OpenSsl.Handshake(_ssl, out var error) > 0)
        {
            Watch(Libc.EPOLLIN);
            Connected();
            return !IsClosed;
        }
        switch (error)
        {
            case OpenSsl.SSL_ERROR_WANT_READ:
                Watch(Libc.EPOLLIN);
                break;
            case OpenSsl.SSL_ERROR_WANT_WRITE:
                Watch(Libc.EPOLLOUT);
                break;
            case OpenSsl.SSL_ERROR_SSL:
                Refuse(OpenSsl.CertificateProblem(_ssl) is { } problem
                    ? $"its certificate is not accepted for "
                        + $"{TlsContext.NameOf(Pool.Server.Endpoint, Forwarder.Options.Tls)}: {problem}"
                    : OpenSsl.LastError());
                break;
            default:
                Break(UpstreamError.Closed);
                break;
        }
        return false;
    }

    /// <summary>Reads until the socket is empty, because epoll does not report octets that libssl has already
    /// decrypted.</summary>
    private void Receive()
    {
        while (!IsClosed)
        {
            var buffer = ReceiveScratch.Buffer;
            var kept = StartReceive(buffer);
            var received = OpenSsl.Read(_ssl, buffer.AsSpan(kept), out var error);
            if (received > 0)
            {
                Received(buffer, kept + received);
            }
            else if (error is OpenSsl.SSL_ERROR_WANT_READ or OpenSsl.SSL_ERROR_WANT_WRITE)
            {
                return;
            }
            else
            {
                Break(UpstreamError.Closed, sendGoodbye: error == OpenSsl.SSL_ERROR_ZERO_RETURN);
            }
        }
    }

    private void Refuse(string trouble)
    {
        Pool.Server.Trouble = trouble;
        Break(UpstreamError.TlsFailed);
    }

    /// <param name="sendGoodbye">false after an SSL error, when SSL_shutdown must not be called.</param>
    private void Break(UpstreamError error, bool sendGoodbye)
    {
        _failed = !sendGoodbye;
        Break(error);
    }

    private void Watch(uint events)
    {
        if (_watched != events)
        {
            _watched = events;
            Loop.Modify(_fd, events);
        }
    }
}
