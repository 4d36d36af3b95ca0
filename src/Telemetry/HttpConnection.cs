using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Telemetry;

/// <summary>One client of the endpoint. Its requests are answered in order, on the endpoint's loop.</summary>
/// <remarks>The timer is an absolute deadline: octets that arrive do not extend it, so that a client that sends its
/// request slowly is closed as well.</remarks>
internal sealed class HttpConnection : LoopTimer, IEventHandler
{
    // CoreDNS's read, write and idle timeouts for these listeners.
    private const int DeadlineMs = 5000;

    private readonly HttpEndpoint _endpoint;
    private readonly HttpListener _listener;
    private readonly int _fd;
    private readonly HttpSocket _socket;
    private byte[] _received = new byte[1024];
    private int _receivedLength;
    private ArrayBufferWriter<byte>? _response;
    private int _sent;
    private bool _closeAfterResponse;
    private bool _closed;

    /// <param name="ssl">0 for plain HTTP.</param>
    public HttpConnection(HttpEndpoint endpoint, HttpListener listener, int fd, nint ssl)
    {
        _endpoint = endpoint;
        _listener = listener;
        _fd = fd;
        _socket = new HttpSocket(fd, ssl);
        _endpoint.Loop.Add(fd, Libc.EPOLLIN, this);
        _endpoint.Loop.Arm(this, DeadlineMs);
    }

    public void OnEvents(uint events)
    {
        if (_response is not null)
        {
            Send();
        }
        else
        {
            Receive();
        }

        AnswerAll();
    }

    public override void OnTimer() => Close();

    public void Close()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        _endpoint.Loop.Cancel(this);
        _endpoint.Loop.Remove(_fd);
        _socket.Close();
        _endpoint.Closed(this);
    }

    private bool IsFree => !_closed && _response is null;

    private void AnswerAll()
    {
        do
        {
            while (IsFree && Answer())
            {
                // Repeat for pipelined requests. Each is answered before the next is parsed.
            }
        }
        while (_socket.ReadsAhead && IsFree && Receive());
    }

    /// <returns>true when octets were received.</returns>
    private bool Receive()
    {
        if (_receivedLength == _received.Length)
        {
            Array.Resize(ref _received, HttpRequestHead.MaxLength);
        }

        var result = _socket.Receive(_received.AsSpan(_receivedLength));
        if (result.WouldBlock)
        {
            return false;
        }

        if (result.IsError || result.Value == 0)
        {
            Close();
            return false;
        }
        _receivedLength += result.Value;
        return true;
    }

    /// <summary>Answers the first complete request in the buffer.</summary>
    /// <returns>false when there is no complete request yet.</returns>
    private bool Answer()
    {
        var read = HttpRequestHead.Read(_received.AsSpan(0, _receivedLength));
        if (read is not { } head)
        {
            if (_receivedLength < HttpRequestHead.MaxLength)
            {
                return false;
            }

            Refuse(HttpStatusCode.RequestHeaderFieldsTooLarge);
            return true;
        }
        if (head.Length == 0)
        {
            Refuse(HttpStatusCode.BadRequest);
        }
        else if (head.HasBody)
        {
            Refuse(HttpStatusCode.RequestEntityTooLarge);
        }
        else if (!head.IsGet && !head.IsHead)
        {
            Refuse(HttpStatusCode.MethodNotAllowed);
        }
        else
        {
            _receivedLength -= head.Length;
            _received.AsSpan(head.Length, _receivedLength).CopyTo(_received);
            Respond(head);
        }
        return true;
    }

    private void Respond(HttpRequestHead head)
    {
        _closeAfterResponse = !head.KeepAlive;
        if (!_listener.Routes.TryGetValue(head.Path, out var route))
        {
            StartEmpty(HttpStatusCode.NotFound);
        }
        else
        {
            Show(route, head.IsHead);
        }
    }

    private void Show(HttpRoute route, bool headOnly)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        var status = route.Page.Write(body);
        Start(status, route.Page.ContentType, body, headOnly);
    }

    private void Refuse(HttpStatusCode status)
    {
        _receivedLength = 0;
        _closeAfterResponse = true;
        StartEmpty(status);
    }

    private void StartEmpty(HttpStatusCode status) =>
        Start(status, "text/plain; charset=utf-8", new ArrayBufferWriter<byte>(1), headOnly: false);

    private void Start(HttpStatusCode status, string contentType, ArrayBufferWriter<byte> body, bool headOnly)
    {
        var needs = status == HttpStatusCode.MethodNotAllowed ? "Allow: GET, HEAD\r\n" : "";
        var connection = _closeAfterResponse ? "Connection: close\r\n" : "";
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {(int)status} {Reason(status)}\r\nContent-Type: {contentType}\r\n"
            + $"Content-Length: {body.WrittenCount}\r\n{needs}{connection}\r\n");
        _response = new ArrayBufferWriter<byte>(head.Length + body.WrittenCount);
        Encoding.Latin1.GetBytes(head, _response);
        if (!headOnly)
        {
            _response.Write(body.WrittenSpan);
        }

        _sent = 0;
        _endpoint.Loop.Arm(this, DeadlineMs);
        Send();
    }

    private void Send()
    {
        while (_sent < _response!.WrittenCount)
        {
            var result = _socket.Send(_response.WrittenSpan[_sent..]);
            if (result.WouldBlock)
            {
                _endpoint.Loop.Modify(_fd, Libc.EPOLLOUT);
                return;
            }
            if (result.IsError)
            {
                Close();
                return;
            }
            _sent += result.Value;
        }
        _response = null;
        if (_closeAfterResponse)
        {
            Close();
            return;
        }
        _endpoint.Loop.Modify(_fd, Libc.EPOLLIN);
        _endpoint.Loop.Arm(this, DeadlineMs);
    }

    private static string Reason(HttpStatusCode status) => status switch
    {
        HttpStatusCode.OK => "OK",
        HttpStatusCode.BadRequest => "Bad Request",
        HttpStatusCode.NotFound => "Not Found",
        HttpStatusCode.MethodNotAllowed => "Method Not Allowed",
        HttpStatusCode.RequestEntityTooLarge => "Content Too Large",
        HttpStatusCode.RequestHeaderFieldsTooLarge => "Request Header Fields Too Large",
        _ => "Service Unavailable",
    };
}
