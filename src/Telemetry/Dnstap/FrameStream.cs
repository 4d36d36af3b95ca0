using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NodeDns.Telemetry.Dnstap;

/// <summary>A connection to a collector that speaks Frame Streams in both directions, as the fstrm library defines
/// them.</summary>
/// <remarks>Numbers are big-endian with four octets. A data frame is its length and its octets. A control frame is 0, its
/// length, its type, and fields (type, length, octets). The writer sends READY, the reader ACCEPT, the writer START and then
/// data, at last STOP, which the reader answers with FINISH. All but STOP and FINISH name the content type.</remarks>
internal sealed class FrameStream : IDisposable
{
    private const uint Accept = 1, Start = 2, Stop = 3, Ready = 4;
    private const uint ContentTypeField = 1;
    private const int LongestControl = 512;

    /// <summary>How long the collector may take to accept, and to take what it is sent.</summary>
    private const int TimeoutMs = 4_000;

    private static readonly byte[] s_contentType = Encoding.ASCII.GetBytes("protobuf:dnstap.Dnstap");

    private readonly Socket _socket;

    private FrameStream(Socket socket) => _socket = socket;

    /// <exception cref="SocketException">There is no collector, or it is too slow.</exception>
    /// <exception cref="IOException">What is there is no collector.</exception>
    public static FrameStream Connect(EndPoint to)
    {
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.IP)
        {
            SendTimeout = TimeoutMs,
            ReceiveTimeout = TimeoutMs,
        };
        try
        {
            socket.Connect(to);
            var stream = new FrameStream(socket);
            stream.SendControl(Ready, s_contentType);
            stream.ReceiveAccept();
            stream.SendControl(Start, s_contentType);
            return stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends data frames, each with its length.</summary>
    /// <exception cref="SocketException">The collector is gone, or too slow. Some may have arrived.</exception>
    public void Send(ReadOnlySpan<byte> frames)
    {
        while (!frames.IsEmpty)
        {
            frames = frames[_socket.Send(frames)..];
        }
    }

    /// <summary>Ends the stream.</summary>
    public void Dispose()
    {
        try
        {
            SendControl(Stop, []);
        }
        catch (SocketException)
        {
            // It is gone already.
        }

        _socket.Dispose();
    }

    private void SendControl(uint type, ReadOnlySpan<byte> contentType)
    {
        Span<byte> frame = stackalloc byte[64];
        var length = contentType.IsEmpty ? 4 : 12 + contentType.Length;
        BinaryPrimitives.WriteUInt32BigEndian(frame, 0);
        BinaryPrimitives.WriteUInt32BigEndian(frame[4..], (uint)length);
        BinaryPrimitives.WriteUInt32BigEndian(frame[8..], type);
        if (!contentType.IsEmpty)
        {
            BinaryPrimitives.WriteUInt32BigEndian(frame[12..], ContentTypeField);
            BinaryPrimitives.WriteUInt32BigEndian(frame[16..], (uint)contentType.Length);
            contentType.CopyTo(frame[20..]);
        }

        Send(frame[..(8 + length)]);
    }

    private void ReceiveAccept()
    {
        Span<byte> head = stackalloc byte[8];
        Receive(head);
        var length = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        if (BinaryPrimitives.ReadUInt32BigEndian(head) != 0 || length is < 4 or > LongestControl)
        {
            throw new IOException("it does not speak Frame Streams");
        }

        Span<byte> control = stackalloc byte[LongestControl];
        control = control[..(int)length];
        Receive(control);
        if (BinaryPrimitives.ReadUInt32BigEndian(control) != Accept || control.IndexOf(s_contentType) < 0)
        {
            throw new IOException("it does not accept dnstap");
        }
    }

    private void Receive(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var received = _socket.Receive(buffer);
            buffer = received > 0 ? buffer[received..] : throw new IOException("it has closed the connection");
        }
    }
}
