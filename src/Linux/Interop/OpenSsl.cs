using System.Runtime.InteropServices;
using System.Text;

namespace NodeDns.Linux.Interop;

/// <summary>The functions of libssl and libcrypto (1.1.1 or 3) that DNS over TLS and metrics over HTTPS need.</summary>
/// <remarks>
/// The libraries are opened with dlopen(3) at the first <see cref="TryLoad"/>, so that a process that does not use TLS
/// maps neither of them (4 MB resident). SslStream would do its work on the thread pool and add 3.2 MB to the program.
/// Threads may share an SSL_CTX; an SSL belongs to one thread. OpenSSL keeps a queue of errors for each thread: clear it
/// before each call and read it right after.
/// </remarks>
public static unsafe partial class OpenSsl
{
    public const int SSL_ERROR_SSL = 1;
    public const int SSL_ERROR_WANT_READ = 2;
    public const int SSL_ERROR_WANT_WRITE = 3;
    public const int SSL_ERROR_SYSCALL = 5;
    public const int SSL_ERROR_ZERO_RETURN = 6;

    private const int SSL_FILETYPE_PEM = 1;
    private const int SSL_VERIFY_PEER = 1;
    private const int SSL_CTRL_MODE = 33;
    private const int SSL_CTRL_SET_TLSEXT_HOSTNAME = 55;
    private const int SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
    private const int SSL_MODE_ENABLE_PARTIAL_WRITE = 0x1;
    private const int SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER = 0x2;
    private const int SSL_MODE_RELEASE_BUFFERS = 0x10;
    private const int TLS1_2_VERSION = 0x0303;
    private const uint X509_CHECK_FLAG_NEVER_CHECK_SUBJECT = 0x20;
    private const int SIGPIPE = 13;
    private const nint SIG_IGN = 1;

    private static readonly Lock s_gate = new();
    private static bool _loaded;
    private static nint _ssl, _crypto;

    // SAFETY: set once under the lock, before there is any handle that the methods below could be called with.
    private static delegate* unmanaged<nint> s_clientMethod;
    private static delegate* unmanaged<nint, nint> s_contextNew, s_sslNew, s_verifyParameters;
    private static delegate* unmanaged<nint, void> s_contextFree, s_sslFree, s_setConnectState;
    private static delegate* unmanaged<nint, int, long, nint, long> s_contextControl, s_sslControl;
    private static delegate* unmanaged<nint, int, nint, void> s_contextVerify;
    private static delegate* unmanaged<nint, int> s_defaultPaths, s_handshake, s_shutdown, s_checkKey;
    private static delegate* unmanaged<nint, byte*, byte*, int> s_loadLocations;
    private static delegate* unmanaged<nint, byte*, int> s_useChain, s_setHost, s_setIp;
    private static delegate* unmanaged<nint, byte*, int, int> s_useKey, s_read, s_write;
    private static delegate* unmanaged<nint, int, int> s_setFd, s_getError;
    private static delegate* unmanaged<nint, uint, void> s_setHostFlags;
    private static delegate* unmanaged<nint, nint> s_getVerifyResult;
    private static delegate* unmanaged<nint, byte*> s_verifyText;
    private static delegate* unmanaged<void> s_clearErrors;
    private static delegate* unmanaged<nuint> s_getErrorCode;
    private static delegate* unmanaged<nuint, byte*, nuint, void> s_errorText;

    /// <summary>Opens the libraries. Cheap after the first time.</summary>
    /// <param name="problem">What is missing, in words for the operator.</param>
    public static bool TryLoad(out string problem)
    {
        problem = "";
        lock (s_gate)
        {
            if (_loaded)
            {
                return true;
            }
            foreach (var version in new[] { "3", "1.1" })
            {
                if (NativeLibrary.TryLoad($"libcrypto.so.{version}", out _crypto)
                    && NativeLibrary.TryLoad($"libssl.so.{version}", out _ssl))
                {
                    Bind_NeedsLock();
                    // libssl sends with write(2), which raises SIGPIPE when the peer has gone.
                    signal(SIGPIPE, SIG_IGN);
                    return _loaded = true;
                }
            }
            problem = "tls:// servers need OpenSSL: neither libssl.so.3 nor libssl.so.1.1 is installed";
            return false;
        }
    }

    /// <summary>Creates a client's SSL_CTX: TLS 1.2 or later, and the server's certificate is verified.</summary>
    /// <param name="caFile">PEM file with the only roots to trust; null for the machine's.</param>
    /// <param name="certificateFile">PEM file with the client's certificate chain; null for none.</param>
    /// <returns>0 and the problem when a file cannot be used.</returns>
    public static nint NewContext(string? caFile, string? certificateFile, string? keyFile, out string problem) =>
        NewContext(s_clientMethod(), caFile, certificateFile, keyFile, out problem);

    private static nint NewContext(
        nint method, string? caFile, string? certificateFile, string? keyFile, out string problem)
    {
        problem = "";
        s_clearErrors();
        var context = s_contextNew(method);
        s_contextControl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, 0);
        s_contextControl(
            context,
            SSL_CTRL_MODE,
            SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS,
            0);
        s_contextVerify(context, SSL_VERIFY_PEER, 0);
        if (caFile is null)
        {
            s_defaultPaths(context);
        }
        else if (WithText(caFile, text => s_loadLocations(context, (byte*)text, null)) != 1)
        {
            problem = $"{caFile}: {LastError()}";
        }
        if (problem.Length == 0
            && certificateFile is not null
            && WithText(certificateFile, text => s_useChain(context, (byte*)text)) != 1)
        {
            problem = $"{certificateFile}: {LastError()}";
        }
        if (problem.Length == 0
            && keyFile is not null
            && (WithText(keyFile, text => s_useKey(context, (byte*)text, SSL_FILETYPE_PEM)) != 1
                || s_checkKey(context) != 1))
        {
            problem = $"{keyFile}: {LastError()}";
        }
        if (problem.Length > 0)
        {
            s_contextFree(context);
            return 0;
        }
        return context;
    }

    public static void FreeContext(nint context) => s_contextFree(context);

    /// <summary>Creates an SSL for a connected non-blocking socket. The server must prove that it is
    /// <paramref name="name"/>.</summary>
    /// <param name="name">A host name, which is also sent as SNI, or an IP address as text.</param>
    /// <returns>0 when there is no memory or when the name is not valid.</returns>
    public static nint NewConnection(nint context, int fd, string name, bool isAddress)
    {
        var ssl = s_sslNew(context);
        if (ssl == 0)
        {
            return 0;
        }
        s_setConnectState(ssl);
        s_setHostFlags(ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        var named = isAddress
            ? WithText(name, text => s_setIp(s_verifyParameters(ssl), (byte*)text))
            : WithText(name, text => s_setHost(ssl, (byte*)text) == 1
                ? (int)s_sslControl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, 0, text)
                : 0);
        if (named != 1 || s_setFd(ssl, fd) != 1)
        {
            s_sslFree(ssl);
            return 0;
        }
        return ssl;
    }

    /// <summary>Calls SSL_shutdown(3) once without waiting, then SSL_free(3). The caller keeps the
    /// descriptor.</summary>
    /// <param name="isOpen">The handshake succeeded and nothing has failed since. If false, nothing is sent.</param>
    public static void FreeConnection(nint ssl, bool isOpen)
    {
        if (isOpen)
        {
            s_clearErrors();
            s_shutdown(ssl);
        }
        s_sslFree(ssl);
    }

    /// <returns>1 on success; otherwise 0 or less, with an SSL_ERROR in <paramref name="error"/>.</returns>
    public static int Handshake(nint ssl, out int error)
    {
        s_clearErrors();
        return WithError(ssl, s_handshake(ssl), out error);
    }

    /// <returns>Octets read; otherwise 0 or less, with an SSL_ERROR in <paramref name="error"/>.</returns>
    public static int Read(nint ssl, Span<byte> buffer, out int error)
    {
        s_clearErrors();
        // SAFETY: libssl writes at most buffer.Length octets, during the call only.
        fixed (byte* pointer = buffer)
        {
            return WithError(ssl, s_read(ssl, pointer, buffer.Length), out error);
        }
    }

    /// <returns>Octets written, maybe fewer than given; otherwise 0 or less, with an SSL_ERROR in
    /// <paramref name="error"/>. After WANT_READ or WANT_WRITE the next call must start with the same octets.</returns>
    public static int Write(nint ssl, ReadOnlySpan<byte> buffer, out int error)
    {
        s_clearErrors();
        // SAFETY: libssl reads at most buffer.Length octets, during the call only (ACCEPT_MOVING_WRITE_BUFFER).
        fixed (byte* pointer = buffer)
        {
            return WithError(ssl, s_write(ssl, pointer, buffer.Length), out error);
        }
    }

    /// <summary>Why the peer's certificate was refused; null when it was accepted or never arrived.</summary>
    public static string? CertificateProblem(nint ssl)
    {
        var result = s_getVerifyResult(ssl);
        return result == 0 ? null : Marshal.PtrToStringUTF8((nint)s_verifyText(result));
    }

    /// <summary>The oldest error in this thread's queue, in OpenSSL's words.</summary>
    public static string LastError()
    {
        var code = s_getErrorCode();
        var text = stackalloc byte[256];
        s_errorText(code, text, 256);
        return code == 0 ? "no further reason given" : Marshal.PtrToStringUTF8((nint)text)!;
    }

    private static int WithError(nint ssl, int result, out int error)
    {
        error = result > 0 ? 0 : s_getError(ssl, result);
        return result;
    }

    private static int WithText(string text, Func<nint, int> call)
    {
        // SAFETY: the array is zero-terminated and outlives the call. libssl copies what it keeps.
        fixed (byte* pointer = Encoding.UTF8.GetBytes(text + '\0'))
        {
            return call((nint)pointer);
        }
    }

    private static void Bind_NeedsLock()
    {
        s_clientMethod = (delegate* unmanaged<nint>)Ssl("TLS_client_method");
        s_contextNew = (delegate* unmanaged<nint, nint>)Ssl("SSL_CTX_new");
        s_contextFree = (delegate* unmanaged<nint, void>)Ssl("SSL_CTX_free");
        s_contextControl = (delegate* unmanaged<nint, int, long, nint, long>)Ssl("SSL_CTX_ctrl");
        s_contextVerify = (delegate* unmanaged<nint, int, nint, void>)Ssl("SSL_CTX_set_verify");
        s_defaultPaths = (delegate* unmanaged<nint, int>)Ssl("SSL_CTX_set_default_verify_paths");
        s_loadLocations = (delegate* unmanaged<nint, byte*, byte*, int>)Ssl("SSL_CTX_load_verify_locations");
        s_useChain = (delegate* unmanaged<nint, byte*, int>)Ssl("SSL_CTX_use_certificate_chain_file");
        s_useKey = (delegate* unmanaged<nint, byte*, int, int>)Ssl("SSL_CTX_use_PrivateKey_file");
        s_checkKey = (delegate* unmanaged<nint, int>)Ssl("SSL_CTX_check_private_key");
        s_sslNew = (delegate* unmanaged<nint, nint>)Ssl("SSL_new");
        s_sslFree = (delegate* unmanaged<nint, void>)Ssl("SSL_free");
        s_sslControl = (delegate* unmanaged<nint, int, long, nint, long>)Ssl("SSL_ctrl");
        s_setConnectState = (delegate* unmanaged<nint, void>)Ssl("SSL_set_connect_state");
        s_setFd = (delegate* unmanaged<nint, int, int>)Ssl("SSL_set_fd");
        s_setHost = (delegate* unmanaged<nint, byte*, int>)Ssl("SSL_set1_host");
        s_setHostFlags = (delegate* unmanaged<nint, uint, void>)Ssl("SSL_set_hostflags");
        s_verifyParameters = (delegate* unmanaged<nint, nint>)Ssl("SSL_get0_param");
        s_handshake = (delegate* unmanaged<nint, int>)Ssl("SSL_do_handshake");
        s_read = (delegate* unmanaged<nint, byte*, int, int>)Ssl("SSL_read");
        s_write = (delegate* unmanaged<nint, byte*, int, int>)Ssl("SSL_write");
        s_shutdown = (delegate* unmanaged<nint, int>)Ssl("SSL_shutdown");
        s_getError = (delegate* unmanaged<nint, int, int>)Ssl("SSL_get_error");
        s_getVerifyResult = (delegate* unmanaged<nint, nint>)Ssl("SSL_get_verify_result");
        s_setIp = (delegate* unmanaged<nint, byte*, int>)Crypto("X509_VERIFY_PARAM_set1_ip_asc");
        s_verifyText = (delegate* unmanaged<nint, byte*>)Crypto("X509_verify_cert_error_string");
        s_clearErrors = (delegate* unmanaged<void>)Crypto("ERR_clear_error");
        s_getErrorCode = (delegate* unmanaged<nuint>)Crypto("ERR_get_error");
        s_errorText = (delegate* unmanaged<nuint, byte*, nuint, void>)Crypto("ERR_error_string_n");
        BindServer_NeedsLock();
    }

    private static nint Ssl(string name) => NativeLibrary.GetExport(_ssl, name);

    private static nint Crypto(string name) => NativeLibrary.GetExport(_crypto, name);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);
}
