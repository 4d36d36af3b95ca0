using System.Runtime.InteropServices;

namespace NodeDns.Linux.Interop;

/// <summary>What an HTTPS listener needs of libssl.</summary>
public static unsafe partial class OpenSsl
{
    private const int SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2;
    private const int NID_subject_alt_name = 85;
    private const int SSL_CTRL_SET_SESS_CACHE_MODE = 44;
    private const int SSL_CTRL_SET_GROUPS_LIST = 92;
    private const int SSL_CTRL_SET_MAX_PROTO_VERSION = 124;
    private const int SSL_SESS_CACHE_OFF = 0;

    // SAFETY: set once under the gate, as the client's are.
    private static delegate* unmanaged<nint> s_serverMethod;
    private static delegate* unmanaged<nint, void> s_setAcceptState;
    private static delegate* unmanaged<nint, byte*, uint, int> s_setSessionIdContext;
    private static delegate* unmanaged<nint, byte*, int> s_setCipherList;
    private static delegate* unmanaged<nint, nint> s_peerCertificate, s_extensionData;
    private static delegate* unmanaged<nint, int, int, int> s_extensionIndex;
    private static delegate* unmanaged<nint, int, nint> s_extensionAt;
    private static delegate* unmanaged<nint, byte*> s_octets;
    private static delegate* unmanaged<nint, int> s_octetCount;
    private static delegate* unmanaged<nint, void> s_certificateFree;

    /// <summary>An SSL_CTX of a server with a certificate, which asks clients for none.</summary>
    /// <param name="clientCaFile">PEM file with the roots of clients' certificates; null: the machine's.</param>
    /// <returns>0, and the problem, when a file cannot be used.</returns>
    public static nint NewServerContext(string certificateFile, string keyFile, string? clientCaFile, out string problem)
    {
        var context = NewContext(s_serverMethod(), clientCaFile, certificateFile, keyFile, out problem);
        if (context == 0)
        {
            return 0;
        }
        s_contextVerify(context, 0, 0);
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

    /// <param name="mustShow">Clients without a certificate are refused.</param>
    /// <param name="takeAny">Their certificates are not verified.</param>
    public static void AskClients(nint context, bool ask, bool mustShow, bool takeAny) => s_contextVerify(
        context,
        ask ? SSL_VERIFY_PEER | (mustShow ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0) : 0,
        takeAny ? (nint)(delegate* unmanaged<int, nint, int>)&TakeAny : 0);

    /// <summary>What may be spoken.</summary>
    /// <param name="minVersion">As on the wire: 0x0303 is TLS 1.2.</param>
    /// <param name="ciphers">Of TLS 1.2, with colons; "": the library's default. What it does not know is left out.</param>
    /// <param name="curves">With colons; "": the library's default.</param>
    public static void Limit(nint context, int minVersion, int maxVersion, string ciphers, string curves)
    {
        s_contextControl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, minVersion, 0);
        s_contextControl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, maxVersion, 0);
        if (ciphers.Length > 0)
        {
            WithText(ciphers, text => s_setCipherList(context, (byte*)text));
        }
        if (curves.Length > 0)
        {
            WithText(curves, text => (int)s_contextControl(context, SSL_CTRL_SET_GROUPS_LIST, 0, text));
        }
    }

    /// <summary>The names in the peer's certificate: its subjectAltName extension as it stands there, in DER.</summary>
    /// <returns>Empty when it has none, or the peer has shown no certificate.</returns>
    public static byte[] PeerNames(nint ssl)
    {
        var certificate = s_peerCertificate(ssl);
        if (certificate == 0)
        {
            return [];
        }
        var index = s_extensionIndex(certificate, NID_subject_alt_name, -1);
        var data = index < 0 ? 0 : s_extensionData(s_extensionAt(certificate, index));
        // SAFETY: the octets belong to the certificate, which is freed after they have been copied.
        var names = data == 0 ? [] : new ReadOnlySpan<byte>(s_octets(data), s_octetCount(data)).ToArray();
        s_certificateFree(certificate);
        return names;
    }

    [UnmanagedCallersOnly]
    private static int TakeAny(int isGood, nint store) => 1;

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
        // The newer name is OpenSSL 3's.
        s_peerCertificate = (delegate* unmanaged<nint, nint>)(
            NativeLibrary.TryGetExport(_ssl, "SSL_get1_peer_certificate", out var get) ? get : Ssl("SSL_get_peer_certificate"));
        s_extensionIndex = (delegate* unmanaged<nint, int, int, int>)Crypto("X509_get_ext_by_NID");
        s_extensionAt = (delegate* unmanaged<nint, int, nint>)Crypto("X509_get_ext");
        s_extensionData = (delegate* unmanaged<nint, nint>)Crypto("X509_EXTENSION_get_data");
        s_octets = (delegate* unmanaged<nint, byte*>)Crypto("ASN1_STRING_get0_data");
        s_octetCount = (delegate* unmanaged<nint, int>)Crypto("ASN1_STRING_length");
        s_certificateFree = (delegate* unmanaged<nint, void>)Crypto("X509_free");
        s_setCipherList = (delegate* unmanaged<nint, byte*, int>)Ssl("SSL_CTX_set_cipher_list");
        s_setSessionIdContext = (delegate* unmanaged<nint, byte*, uint, int>)Ssl("SSL_CTX_set_session_id_context");
    }
}
