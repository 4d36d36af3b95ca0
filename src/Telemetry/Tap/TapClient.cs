using System.Buffers.Binary;
using System.Text;
using NodeDns.Linux.Interop;

namespace NodeDns.Telemetry.Tap;

/// <summary>Reads a tap: connects, sends a filter, and receives the lookups until one side closes the
/// connection.</summary>
public sealed class TapClient : IDisposable
{
    private int _fd;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private TapClient(int fd) => _fd = fd;

    /// <summary>The content of the last frame. Valid until the next one is read.</summary>
    public ReadOnlySpan<byte> Payload => _buffer.AsSpan(_start + 3, FrameLength - 3);

    private int FrameLength => 2 + BinaryPrimitives.ReadUInt16LittleEndian(_buffer.AsSpan(_start));

    /// <summary>Connects and sends the filter.</summary>
    /// <param name="filter">The line for <see cref="TapFilter"/>, without the line feed.</param>
    /// <exception cref="SyscallException">Nobody listens there, or this user may not connect.</exception>
    public static TapClient Connect(string path, string filter)
    {
        var fd = Libc.Socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0).OrThrow("socket AF_UNIX");
        try
        {
            Libc.ConnectUnix(fd, path).OrThrow("connect");
            var sent = Libc.Send(fd, Encoding.UTF8.GetBytes(filter + "\n"));
            if (sent.Error != Errno.EPIPE)
            {
                sent.OrThrow("send");
            }

            // EPIPE: the server has refused before it was asked, and Read says why.
            return new TapClient(fd);
        }
        catch
        {
            Libc.Close(fd);
            throw;
        }
    }

    /// <summary>Waits for the next frame.</summary>
    /// <returns>null when the server has closed the connection.</returns>
    public TapFrame? Read()
    {
        if (_end > _start)
        {
            _start += FrameLength;
        }

        while (_end - _start < 2 || _end - _start < FrameLength)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            var received = Libc.Receive(_fd, _buffer.AsSpan(_end));
            if (received.Error == Errno.EINTR)
            {
                continue;
            }

            if (received.IsError || received.Value == 0)
            {
                return null;
            }

            _end += received.Value;
        }

        return (TapFrame)_buffer[_start + 2];
    }

    /// <summary>May be called again: the number may be somebody else's descriptor by then.</summary>
    public void Dispose()
    {
        if (_fd >= 0)
        {
            Libc.Close(_fd);
            _fd = -1;
        }
    }
}
