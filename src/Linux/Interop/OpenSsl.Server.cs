
namespace NodeDns.Linux.Interop;

/// <summary>What an HTTPS listener needs of libssl.</summary>
public static unsafe partial class OpenSsl
{
    private const int SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2;
    private const int SSL_CTRL_SET_SESS_CACHE_MODE = 44;
    private const int SSL_SESS_CACHE_OFF = 0;

    // SAFETY: set once under the gate, as the client's are.
    private static delegate* unmanaged<nint> s_serverMethod;
    private static delegate* unmanaged<nint, void> s_setAcceptState;
    private static delegate* unmanaged<nint, byte*, uint, int> s_setSessionIdContext;

    /// <summary>An SSL_CTX of a server with a certificate, and of clients too where there are roots for them.</summary>
    /// <param name="clientCaFile">PEM file with the roots of the certificates that clients must show; null: they are asked for
    /// none.</param>
    /// <param name="minVersion">As on the wire: 0x0303 is TLS 1.2.</param>
    /// <returns>0, and the problem, when a file cannot be used.</returns>
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
        // Clients resume by tickets, which only this context can read; sessions kept here would fill memory.
        s_contextControl(context, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, 0);
        // Without one, libssl refuses to resume the session of a client that may have been verified.
        // SAFETY: libssl copies the octets during the call.
        fixed (byte* name = "metrics"u8)
        {
            s_setSessionIdContext(context, name, (uint)"metrics"u8.Length);
        }
        return context;
    }

    /// <summary>An SSL on an accepted non-blocking socket; its first read or write shakes hands.</summary>
    /// <returns>0 when memory prevents it.</returns>
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
