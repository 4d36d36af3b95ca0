using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace NodeDns.Cli.Cluster;

/// <summary>A TCP connection to a port in a pod, through the API server and the node's kubelet. It also reaches ports
/// on the pod's loopback, and pods that the API server cannot reach directly.</summary>
/// <remarks>Kubelet's protocol <c>v4.channel.k8s.io</c>: every message begins with its channel, 0 for data and 1 for
/// errors. The first message of each channel contains the port, little-endian.</remarks>
internal sealed class PortForward : Stream
{
    private const byte Data = 0;

    private readonly WebSocket _socket;
    private readonly byte[] _received = new byte[32 * 1024];
    private readonly int[] _greetingLeft = [2, 2];
    private int _from;
    private int _to;

    private PortForward(WebSocket socket) => _socket = socket;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="ClusterException">The API server or the kubelet refused.</exception>
    public static async Task<PortForward> OpenAsync(
        ApiClient api, string @namespace, string pod, int port, CancellationToken cancel)
    {
        var path = ApiPath.Pods.In(@namespace).Named(pod, "portforward").With($"ports={port}");
        try
        {
            return new PortForward(await api.Connection.UpgradeAsync(path.ToString(), "v4.channel.k8s.io", cancel));
        }
        catch (WebSocketException e) when (e.Message.Contains("403", StringComparison.Ordinal))
        {
            throw Rights.Missing("get", path, $"connect to port {port} of pod {pod}");
        }
        catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException or SocketException)
        {
            throw new ClusterException($"pod {@namespace}/{pod}: port {port} cannot be reached: {e.Message.TrimEnd('.')}");
        }
    }

    /// <summary>Reads a page that a pod serves: its status and body.</summary>
    /// <exception cref="ClusterException">The page could not be read.</exception>
    public static async Task<(HttpStatusCode Status, string Text)> GetAsync(
        ApiClient api, string @namespace, string pod, int port, string page, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            using var client = new HttpClient(new SocketsHttpHandler
            {
                UseProxy = false,
                ConnectCallback = async (_, token) => await OpenAsync(api, @namespace, pod, port, token),
            });
            using var answer = await client.GetAsync(new Uri($"http://localhost:{port}{page}"), limit.Token);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(limit.Token));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException
            && !cancel.IsCancellationRequested)
        {
            throw e.InnerException as ClusterException ?? new ClusterException(
                $"pod {@namespace}/{pod}: http://localhost:{port}{page}: "
                + (e is OperationCanceledException ? "no answer within 10 s" : e.Message.TrimEnd('.')));
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_from == _to)
        {
            if (!await ReceiveAsync(cancellationToken))
            {
                return 0;
            }
        }

        var count = Math.Min(buffer.Length, _to - _from);
        _received.AsSpan(_from, count).CopyTo(buffer.Span);
        _from += count;
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var message = new byte[buffer.Length + 1];
        message[0] = Data;
        buffer.Span.CopyTo(message.AsSpan(1));
        await _socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _socket.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Receives a part of a message. Only the first part of a message has the channel.</summary>
    private async Task<bool> ReceiveAsync(CancellationToken cancel)
    {
        var head = new byte[1];
        var first = await _socket.ReceiveAsync(head.AsMemory(), cancel);
        if (first.MessageType == WebSocketMessageType.Close)
        {
            return false;
        }

        if (first.Count == 0)
        {
            return true;
        }

        var channel = head[0];
        _from = _to = 0;
        var end = first.EndOfMessage;
        while (!end)
        {
            if (_to == _received.Length)
            {
                throw new IOException("a message of the kubelet's is too long");
            }

            var piece = await _socket.ReceiveAsync(_received.AsMemory(_to), cancel);
            _to += piece.Count;
            end = piece.EndOfMessage;
        }

        if (channel > 1)
        {
            _to = 0;
            return true;
        }

        var greeting = Math.Min(_greetingLeft[channel], _to);
        _greetingLeft[channel] -= greeting;
        _from = greeting;
        if (channel != Data && _to > _from)
        {
            throw new IOException(Encoding.UTF8.GetString(_received.AsSpan(_from, _to - _from)).Trim());
        }

        return true;
    }
}
