using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Telemetry;

/// <summary>One client of the endpoint: requests are answered one after the other, on the endpoint's loop.</summary>
/// <remarks>The timer is an absolute deadline for the state it was armed in: octets that trickle in do not extend it,
/// so a client that sends its head slowly is closed as one that sends nothing is. It rests while a password is looked
/// at.</remarks>
internal sealed class HttpConnection : LoopTimer, IEventHandler
{
    // CoreDNS's read, write and idle timeouts of these listeners.
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
    private bool _waitsForPassword;
    private bool _isAdmitted;
    private bool _closed;

    /// <param name="ssl">0: plain HTTP.</param>
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

    private bool IsFree => !_closed && _response is null && !_waitsForPassword;

    private void AnswerAll()
    {
        do
        {
            while (IsFree && Answer())
            {
                // Pipelined requests, each answered before the next is looked at.
            }
        }
        while (_socket.ReadsAhead && IsFree && Receive());
    }

    /// <returns>Whether octets came.</returns>
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
        // The first octets come after the handshake.
        if (!_isAdmitted && _listener.Tls?.Admits(_socket) == false)
        {
            Close();
            return false;
        }
        _isAdmitted = true;
        return true;
    }

    /// <summary>Answers the first whole request that has been received.</summary>
    /// <returns>false when there is none yet.</returns>
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
        else if (route.Access is not { } access)
        {
            Show(route, head.IsHead);
        }
        else if (!access.Enter(_endpoint.Loop.NowMs))
        {
            StartEmpty(HttpStatusCode.TooManyRequests);
        }
        else if (access.IsKnown(head.Authorization))
        {
            Show(route, head.IsHead);
        }
        else if (head.Authorization is { } authorization)
        {
            CheckPassword(route, access, authorization, head.IsHead);
        }
        else
        {
            StartEmpty(HttpStatusCode.Unauthorized, access.Fields);
        }
    }

    private void CheckPassword(HttpRoute route, HttpAccess access, string authorization, bool headOnly)
    {
        _waitsForPassword = true;
        // Nothing more is read meanwhile, or a client that goes on sending would wake the loop again and again. The deadline
        // is the client's, and it is not the client that is waited for.
        _endpoint.Loop.Modify(_fd, 0);
        _endpoint.Loop.Cancel(this);
        _endpoint.Passwords.Add(() => !_closed, () => access.IsRight(authorization), isRight =>
        {
            if (_closed)
            {
                return;
            }

            _waitsForPassword = false;
            _endpoint.Loop.Modify(_fd, Libc.EPOLLIN);
            if (isRight)
            {
                access.Remember(authorization);
                Show(route, headOnly);
            }
            else
            {
                StartEmpty(HttpStatusCode.Unauthorized, access.Fields);
            }

            AnswerAll();
        });
    }

    private void Show(HttpRoute route, bool headOnly)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        var status = route.Page.Write(body);
        Start(status, route.Page.ContentType, body, headOnly, route.Access?.Fields ?? "");
    }

    private void Refuse(HttpStatusCode status)
    {
        _receivedLength = 0;
        _closeAfterResponse = true;
        StartEmpty(status);
    }

    private void StartEmpty(HttpStatusCode status, string fields = "") =>
        Start(status, "text/plain; charset=utf-8", new ArrayBufferWriter<byte>(1), headOnly: false, fields);

    private void Start(
        HttpStatusCode status, string contentType, ArrayBufferWriter<byte> body, bool headOnly, string fields)
    {
        var needs = status switch
        {
            HttpStatusCode.MethodNotAllowed => "Allow: GET, HEAD\r\n",
            HttpStatusCode.Unauthorized => "WWW-Authenticate: Basic\r\n",
            _ => "",
        };
        var connection = _closeAfterResponse ? "Connection: close\r\n" : "";
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {(int)status} {Reason(status)}\r\nContent-Type: {contentType}\r\n"
            + $"Content-Length: {body.WrittenCount}\r\n{needs}{fields}{connection}\r\n");
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
        HttpStatusCode.Unauthorized => "Unauthorized",
        HttpStatusCode.NotFound => "Not Found",
        HttpStatusCode.MethodNotAllowed => "Method Not Allowed",
        HttpStatusCode.RequestEntityTooLarge => "Content Too Large",
        HttpStatusCode.TooManyRequests => "Too Many Requests",
        HttpStatusCode.RequestHeaderFieldsTooLarge => "Request Header Fields Too Large",
        _ => "Service Unavailable",
    };
}
