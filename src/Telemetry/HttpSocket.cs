using NodeDns.Linux.Interop;

namespace NodeDns.Telemetry;

/// <summary>An accepted connection, plain or with TLS.</summary>
/// <param name="ssl">0 for plain HTTP.</param>
internal sealed class HttpSocket(int fd, nint ssl)
{
    private nint _ssl = ssl;
    private bool _failed;

    /// <summary>True with TLS: libssl may hold octets that epoll does not report, so read until it would
    /// block.</summary>
    public bool ReadsAhead => _ssl != 0;

    public SyscallResult Receive(Span<byte> buffer)
    {
        if (_ssl == 0)
        {
            return Libc.Receive(fd, buffer);
        }

        var received = OpenSsl.Read(_ssl, buffer, out var error);
        return received > 0 || error == OpenSsl.SSL_ERROR_ZERO_RETURN
            ? SyscallResult.From(Math.Max(received, 0), 0)
            : Failed(error);
    }

    public SyscallResult Send(ReadOnlySpan<byte> octets)
    {
        if (_ssl == 0)
        {
            return Libc.Send(fd, octets);
        }

        var sent = OpenSsl.Write(_ssl, octets, out var error);
        return sent > 0 ? SyscallResult.From(sent, 0) : Failed(error);
    }

    public void Close()
    {
        if (_ssl != 0)
        {
            OpenSsl.FreeConnection(_ssl, isOpen: !_failed);
        }

        _ssl = 0;
        Libc.Close(fd);
    }

    private SyscallResult Failed(int error)
    {
        var waits = error is OpenSsl.SSL_ERROR_WANT_READ or OpenSsl.SSL_ERROR_WANT_WRITE;
        _failed |= !waits;
        return SyscallResult.From(-1, (int)(waits ? Errno.EAGAIN : Errno.ECONNRESET));
    }
}
