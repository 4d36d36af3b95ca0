using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace NodeDns.Cache.Upstream;

/// <summary>DNS over TLS (RFC 7858). The only type that loads OpenSSL, and only when a tls:// server is first
/// asked.</summary>
/// <remarks>SslStream runs on the thread pool and posts what it read to the loop; one read and one write are under way
/// at most. Everything but <see cref="RunAsync"/> and <see cref="WriteAsync"/> belongs to the loop's thread. Unlike TCP
/// this allocates a little for each read and write.</remarks>
internal sealed class TlsConnection : StreamConnection, IDisposable
{
    private const int ReadSize = 16 * 1024;

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _handled = new(0);
    private SslStream? _stream;
    private bool _writing;

    private TlsConnection(ConnectionPool pool)
        : base(pool)
    {
    }

    public static TlsConnection Open(ConnectionPool pool, out UpstreamError error)
    {
        error = default;
        var connection = new TlsConnection(pool);
        _ = Task.Run(connection.RunAsync);
        return connection;
    }

    /// <summary>As <see cref="StreamConnection.CloseQuietly"/>; the two waiters hold no handle of the system.</summary>
    public void Dispose() => CloseQuietly();

    protected override void Flush()
    {
        if (_writing)
        {
            return;
        }
        _writing = true;
        var octets = Pending.ToArray();
        Written(octets.Length);
        _ = Task.Run(() => WriteAsync(octets));
    }

    protected override void CloseTransport() => _stop.Cancel();

    private async Task RunAsync()
    {
        var server = Pool.Server.Endpoint;
        using var socket = new Socket(server.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.NoDelay = true;
        try
        {
            if (Forwarder.Options.SourceAddress is { } source && source.AddressFamily == server.Address.AddressFamily)
            {
                socket.Bind(new System.Net.IPEndPoint(source, 0));
            }
            await socket.ConnectAsync(server.Address, _stop.Token).ConfigureAwait(false);
            await using var stream = new SslStream(new NetworkStream(socket));
            var options = TlsClientOptions.For(server, Forwarder.Options.Tls, detail => Pool.Server.Trouble = detail);
            await stream.AuthenticateAsClientAsync(options, _stop.Token).ConfigureAwait(false);
            Post(() =>
            {
                _stream = stream;
                Connected();
            });
            await ReadAsync(stream).ConfigureAwait(false);
            Post(() => Break(UpstreamError.Closed));
        }
        catch (Exception error)
        {
            var reason = Reason(error);
            Post(() => Break(reason));
        }
    }

    private async Task ReadAsync(SslStream stream)
    {
        var chunk = new byte[ReadSize];
        int received;
        while ((received = await stream.ReadAsync(chunk, _stop.Token).ConfigureAwait(false)) > 0)
        {
            var length = received;
            Post(() =>
            {
                var buffer = ReceiveScratch.Buffer;
                var kept = StartReceive(buffer);
                chunk.AsSpan(0, length).CopyTo(buffer.AsSpan(kept));
                Received(buffer, kept + length);
                _handled.Release();
            });
            await _handled.WaitAsync(_stop.Token).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(byte[] octets)
    {
        try
        {
            await _stream!.WriteAsync(octets, _stop.Token).ConfigureAwait(false);
            Post(() =>
            {
                _writing = false;
                if (Pending.Length > 0)
                {
                    Flush();
                }
            });
        }
        catch (Exception error)
        {
            var reason = Reason(error);
            Post(() => Break(reason));
        }
    }

    /// <summary>Back to the loop; nothing is posted once the connection is closed.</summary>
    private void Post(Action work)
    {
        if (!_stop.IsCancellationRequested)
        {
            Loop.Post(() =>
            {
                if (!IsClosed)
                {
                    work();
                }
            });
        }
    }

    private static UpstreamError Reason(Exception error) => error switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => UpstreamError.Refused,
        SocketException { SocketErrorCode: SocketError.TimedOut } => UpstreamError.Timeout,
        SocketException { SocketErrorCode: SocketError.TooManyOpenSockets } => UpstreamError.LocalLimit,
        SocketException => UpstreamError.Unreachable,
        IOException { InnerException: SocketException } => UpstreamError.Closed,
        AuthenticationException => UpstreamError.TlsFailed,
        IOException => UpstreamError.Closed,
        _ => UpstreamError.TlsFailed,
    };
}
