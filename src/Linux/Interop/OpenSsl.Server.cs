
namespace NodeDns.Linux.Interop;

/// <summary>The parts of libssl that an HTTPS listener needs.</summary>
public static unsafe partial class OpenSsl
{
    private const int SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2;
    private const int SSL_CTRL_SET_SESS_CACHE_MODE = 44;
    private const int SSL_SESS_CACHE_OFF = 0;

    // SAFETY: set once under the lock, like the client's functions.
    private static delegate* unmanaged<nint> s_serverMethod;
    private static delegate* unmanaged<nint, void> s_setAcceptState;
    private static delegate* unmanaged<nint, byte*, uint, int> s_setSessionIdContext;

    /// <summary>Creates a server's SSL_CTX with a certificate. With roots for client certificates, clients must show
    /// one.</summary>
    /// <param name="clientCaFile">PEM file with the roots of client certificates; null when clients need no
    /// certificate.</param>
    /// <param name="minVersion">The oldest TLS version, as on the wire: 0x0303 is TLS 1.2.</param>
    /// <returns>0 and the problem when a file cannot be used.</returns>
    public static nint NewServerContext(
        string certificateFile, string keyFile, string? clientCaFile, int minVersion, out string problem)
    {
        var context = NewContext(s_serverMethod(), clientCaFile, certificateFile, keyFile, out problem);
        if (context == 0)
        {
            return 0;
        }
        s_contextVerify(context, clientCaFile is null ? 0 : SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, 0);
        s_contextControl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, minVersion, 0);
        // Clients resume sessions by tickets that only this context can decrypt. A session cache here would only use
        // memory.
        s_contextControl(context, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, 0);
        // Without a session id context, libssl refuses to resume sessions of clients that had to show a certificate.
        // SAFETY: libssl copies the octets during the call.
        fixed (byte* name = "metrics"u8)
        {
            s_setSessionIdContext(context, name, (uint)"metrics"u8.Length);
        }
        return context;
    }

    /// <summary>Creates an SSL for an accepted non-blocking socket. The handshake takes place at the first read or
    /// write.</summary>
    /// <returns>0 when there is no memory.</returns>
    public static nint NewAccepted(nint context, int fd)
    {
        var ssl = s_sslNew(context);
        if (ssl == 0)
        {
            return 0;
        }
        s_setAcceptState(ssl);
        if (s_setFd(ssl, fd) == 1)
        {
            return ssl;
        }
        s_sslFree(ssl);
        return 0;
    }

    private static void BindServer_NeedsLock()
    {
        s_serverMethod = (delegate* unmanaged<nint>)Ssl("TLS_server_method");
        s_setAcceptState = (delegate* unmanaged<nint, void>)Ssl("SSL_set_accept_state");
        s_setSessionIdContext = (delegate* unmanaged<nint, byte*, uint, int>)Ssl("SSL_CTX_set_session_id_context");
    }
}
