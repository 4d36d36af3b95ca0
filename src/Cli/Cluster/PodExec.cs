using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Cluster;

/// <summary>A program in a container of a pod, started through the API server and the node's kubelet. When this is disposed,
/// the program's standard input ends.</summary>
/// <remarks>Kubelet's protocol <c>v4.channel.k8s.io</c>: every message begins with its channel, 1 for standard output, 2 for
/// standard error, 3 for how the program ended, as a Status object.</remarks>
internal sealed class PodExec : IDisposable
{
    private const int Output = 1, Errors = 2, Status = 3;
    private const int MostErrors = 4096;

    private readonly WebSocket _socket;
    private readonly byte[] _buffer = new byte[32 * 1024];
    private readonly Queue<string> _lines = [];
    private readonly MemoryStream _line = new();
    private readonly MemoryStream _errors = new();
    private readonly MemoryStream _status = new();
    private int _channel = -1;
    private bool _hasEnded;

    private PodExec(WebSocket socket) => _socket = socket;

    /// <exception cref="ClusterException">The API server or the kubelet refused.</exception>
    public static async Task<PodExec> OpenAsync(
        ApiClient api, string @namespace, string pod, string container, IEnumerable<string> command, CancellationToken cancel)
    {
        var path = ApiPath.Pods.In(@namespace).Named(pod, "exec").With(
            [$"container={container}", "stdin=1", "stdout=1", "stderr=1", .. command.Select(word => "command=" + Uri.EscapeDataString(word))]);
        try
        {
            return new PodExec(await api.Connection.UpgradeAsync(path.ToString(), "v4.channel.k8s.io", cancel));
        }
        catch (WebSocketException e) when (e.Message.Contains("403", StringComparison.Ordinal))
        {
            throw Rights.Missing("create", path, $"start a program in pod {pod}");
        }
        catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException or SocketException)
        {
            throw new ClusterException($"pod {@namespace}/{pod}: no program can be started in it: {e.Message.TrimEnd('.')}");
        }
    }

    /// <summary>Reads a line of standard output.</summary>
    /// <returns>null at the end, and then <see cref="Failure"/> says why.</returns>
    public async Task<string?> ReadLineAsync(CancellationToken cancel)
    {
        string? line;
        while (!_lines.TryDequeue(out line))
        {
            if (!await ReceiveAsync(cancel))
            {
                return null;
            }
        }

        return line;
    }

    /// <summary>Why the program has ended; null when it has done its work.</summary>
    public string? Failure()
    {
        var errors = Encoding.UTF8.GetString(_errors.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (_status.Length == 0)
        {
            return errors.FirstOrDefault() ?? "the connection was cut";
        }

        using var status = JsonDocument.Parse(_status.ToArray());
        return status.RootElement.Text("status"u8) == "Success"
            ? null
            : errors.FirstOrDefault() ?? status.RootElement.Text("message"u8) ?? "it failed";
    }

    public void Dispose()
    {
        _socket.Abort();
        _socket.Dispose();
    }

    private async Task<bool> ReceiveAsync(CancellationToken cancel)
    {
        if (_hasEnded)
        {
            return false;
        }

        ValueWebSocketReceiveResult got;
        try
        {
            got = await _socket.ReceiveAsync(_buffer.AsMemory(), cancel);
        }
        catch (Exception e) when (e is WebSocketException or IOException)
        {
            return false;
        }

        if (got.MessageType == WebSocketMessageType.Close)
        {
            return false;
        }

        var octets = _buffer.AsSpan(0, got.Count);
        if (_channel < 0 && !octets.IsEmpty)
        {
            _channel = octets[0];
            octets = octets[1..];
        }

        Take(octets);
        // Nothing comes after it, and the kubelet may leave the connection open.
        _hasEnded = got.EndOfMessage && _channel == Status && _status.Length > 0;
        _channel = got.EndOfMessage ? -1 : _channel;
        return true;
    }

    private void Take(ReadOnlySpan<byte> octets)
    {
        switch (_channel)
        {
            case Output:
                for (var end = octets.IndexOf((byte)'\n'); end >= 0; end = octets.IndexOf((byte)'\n'))
                {
                    _line.Write(octets[..end]);
                    _lines.Enqueue(Encoding.UTF8.GetString(_line.ToArray()));
                    _line.SetLength(0);
                    octets = octets[(end + 1)..];
                }

                _line.Write(octets);
                break;
            case Errors when _errors.Length < MostErrors:
                _errors.Write(octets);
                break;
            case Status:
                _status.Write(octets);
                break;
        }
    }
}
