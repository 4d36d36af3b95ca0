using System.Buffers.Binary;
using System.Text;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Telemetry.Tap;

/// <summary>One reader of the tap: its filter, and the octets that it has not read yet.</summary>
/// <remarks>A reader cannot use more memory than its buffer. Lookups that do not fit are counted, and their number is
/// sent once there is room.</remarks>
internal sealed class TapReader : IEventHandler
{
    public const int BufferLength = 128 * 1024;

    private const int FrameHead = 3;

    private readonly TapServer _server;
    private readonly byte[] _request = new byte[TapFilter.MaxLength];
    private readonly byte[] _buffer = new byte[BufferLength];
    private int _requestLength;
    private int _start;
    private int _end;
    private ulong _missed;
    private int _fd;

    public TapReader(TapServer server, int fd)
    {
        _server = server;
        _fd = fd;
        server.Loop.Add(fd, Libc.EPOLLIN, this);
    }

    /// <summary>null until the reader has sent it.</summary>
    public TapFilter? Filter { get; private set; }

    /// <summary>True when the reader has sent its filter.</summary>
    public bool IsReading => Filter is not null;

    public void OnEvents(uint events)
    {
        if ((events & Libc.EPOLLOUT) != 0)
        {
            Flush();
        }

        while (_fd >= 0 && (events & ~Libc.EPOLLOUT) != 0)
        {
            // After the filter the reader sends nothing more; only the end of the connection is expected.
            var room = _request.AsSpan(_requestLength);
            var received = Libc.Receive(_fd, room);
            if (received.WouldBlock)
            {
                return;
            }

            if (received.IsError || received.Value == 0 || IsReading)
            {
                Close();
                return;
            }

            _requestLength += received.Value;
            TakeRequest();
        }
    }

    /// <summary>Sends the reason why there is nothing to read, and closes the connection.</summary>
    public void Refuse(string reason)
    {
        Append(TapFrame.Refused, Encoding.UTF8.GetBytes(reason));
        Flush();
        Close();
    }

    public void Offer(in TapEntry entry, ReadOnlySpan<byte> octets)
    {
        if (Filter?.Matches(entry) == true && !TryAppend(TapFrame.Entry, octets))
        {
            _missed++;
        }
    }

    public void Miss(ulong count)
    {
        if (IsReading)
        {
            _missed += count;
        }
    }

    /// <summary>Sends as much as the socket takes now.</summary>
    public void Flush()
    {
        Span<byte> missed = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(missed, _missed);
        if (_missed > 0 && TryAppend(TapFrame.Missed, missed))
        {
            _missed = 0;
        }

        while (_fd >= 0 && _start < _end)
        {
            var sent = Libc.Send(_fd, _buffer.AsSpan(_start, _end - _start));
            if (sent.WouldBlock)
            {
                _server.Loop.Modify(_fd, Libc.EPOLLIN | Libc.EPOLLOUT);
                return;
            }

            if (sent.IsError)
            {
                Close();
                return;
            }

            _start += sent.Value;
        }

        if (_fd >= 0 && _end > 0)
        {
            _start = _end = 0;
            _server.Loop.Modify(_fd, Libc.EPOLLIN);
        }
    }

    public void Close()
    {
        if (_fd < 0)
        {
            return;
        }

        _server.Loop.Remove(_fd);
        Libc.Close(_fd);
        _fd = -1;
        Filter = null;
        _server.End(this);
    }

    private void TakeRequest()
    {
        var end = _request.AsSpan(0, _requestLength).IndexOf((byte)'\n');
        if (end < 0)
        {
            if (_requestLength == _request.Length)
            {
                Refuse($"the filter is longer than {TapFilter.MaxLength - 1} octets");
            }

            return;
        }

        var filter = TapFilter.Parse(Encoding.UTF8.GetString(_request, 0, end), out var problem);
        if (filter is null)
        {
            Refuse(problem!);
            return;
        }

        // The rings are on before the reader hears that it was let in: it is told of every lookup after that.
        Filter = filter;
        _requestLength = 0;
        _server.Begin();
        Append(TapFrame.Hello, Encoding.UTF8.GetBytes(ProgramVersion.Text));
        Flush();
    }

    private void Append(TapFrame kind, ReadOnlySpan<byte> octets) => _ = TryAppend(kind, octets);

    private bool TryAppend(TapFrame kind, ReadOnlySpan<byte> octets)
    {
        if (_end + FrameHead + octets.Length > _buffer.Length)
        {
            if (_start == 0)
            {
                return false;
            }

            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
            return TryAppend(kind, octets);
        }

        var frame = _buffer.AsSpan(_end);
        BinaryPrimitives.WriteUInt16LittleEndian(frame, (ushort)(1 + octets.Length));
        frame[2] = (byte)kind;
        octets.CopyTo(frame[FrameHead..]);
        _end += FrameHead + octets.Length;
        return true;
    }
}
