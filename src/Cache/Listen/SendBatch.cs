using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Cache.Listen;

/// <summary>Replies that are sent from one socket with one sendmmsg(2), built in place. Each worker has one. Before it
/// takes a reply for another socket it sends what it holds.</summary>
/// <remarks>
/// Two replies in a row to the same client socket (A and AAAA of one lookup) are sent as one message, which the kernel
/// splits into two datagrams (UDP_SEGMENT, udp(7)). This passes through the network stack once instead of twice; in the C
/// measurement program it saved 11 % of a hit under full load. All segments but the last must have the same size, so the
/// larger reply goes first.
/// </remarks>
internal sealed unsafe class SendBatch : IDisposable
{
    private const int Capacity = ReceiveBatch.Capacity;

    private readonly OpenQueries _open;
    private readonly int[] _answered = new int[Capacity];
    private int _answeredCount;

    /// <summary>The kernel refuses segments that are larger than the link's MTU. 1232 octets pass on every IPv6
    /// link.</summary>
    private const int LargestSegment = 1232;

    private int _slotSize;
    private byte* _memory;
    private MultiMessageHeader* _headers;
    private IoVector* _vectors;
    private SocketAddress* _addresses;
    private SegmentSize* _segments;
    private byte* _controls;
    private byte* _slots;
    private int _fd = -1;
    private int _replies;
    private int _messages;
    private bool _pairs = true;

    /// <param name="largestReply">The largest reply in octets, as the blocks' bufsize allows.</param>
    /// <param name="open">Is told when a query that it keeps has been answered.</param>
    public SendBatch(int largestReply, OpenQueries open)
    {
        _open = open;
        Map(SlotSizeFor(largestReply));
    }

    /// <summary>Also accepts replies of this size from now on. Must not be called between <see cref="Next"/> and
    /// <see cref="Add"/>.</summary>
    public void Grow(int largestReply)
    {
        var slotSize = SlotSizeFor(largestReply);
        if (slotSize <= _slotSize)
        {
            return;
        }

        Flush();
        Dispose();
        Map(slotSize);
    }

    private static int SlotSizeFor(int largestReply) => (largestReply + 127) & ~63;

    private void Map(int slotSize)
    {
        _slotSize = slotSize;
        _memory = Libc.MapPages((nuint)Size);
        _headers = (MultiMessageHeader*)_memory;
        _vectors = (IoVector*)(_headers + Capacity);
        _segments = (SegmentSize*)(_vectors + Capacity);
        _controls = (byte*)(_segments + Capacity);
        _addresses = (SocketAddress*)(_controls + Capacity * PacketInfo.Size);
        _slots = _memory + Size - Capacity * _slotSize;
        for (var i = 0; i < Capacity; i++)
        {
            _headers[i].Header.Name = _addresses + i;
            _segments[i] = new SegmentSize();
        }
    }

    private long Size => Capacity
        * (sizeof(MultiMessageHeader) + sizeof(IoVector) + sizeof(SegmentSize) + PacketInfo.Size + 32 + (long)_slotSize) + 64;

    public bool IsEmpty => _replies == 0;

    /// <summary>Returns the buffer for the next reply through <paramref name="fd"/>. Call <see cref="Add"/> when it is
    /// written.</summary>
    public Span<byte> Next(int fd)
    {
        if (_replies == Capacity || fd != _fd)
        {
            Flush();
        }

        _fd = fd;
        return new Span<byte>(_slots + _replies * _slotSize, _slotSize);
    }

    /// <param name="control">A control message that says which of our addresses to send from; empty if the kernel may
    /// choose.</param>
    /// <param name="slot">The slot that keeps the query until the reply has been sent.</param>
    public void Add(
        int length, in SocketAddress to, ReadOnlySpan<byte> control = default, int slot = OpenQueries.None)
    {
        if (slot != OpenQueries.None)
        {
            _answered[_answeredCount++] = slot;
        }

        var vector = _vectors + _replies;
        *vector = new IoVector { Base = _slots + _replies * _slotSize, Length = (nuint)length };
        _replies++;
        if (control.IsEmpty && _messages > 0 && TryPair(_messages - 1, vector, to))
        {
            return;
        }

        _addresses[_messages] = to;
        ref var header = ref _headers[_messages].Header;
        header.NameLength = (uint)to.Length;
        header.Vectors = vector;
        header.VectorCount = 1;
        header.Control = control.IsEmpty ? null : _controls + _messages * PacketInfo.Size;
        header.ControlLength = (nuint)control.Length;
        control.CopyTo(new Span<byte>(_controls + _messages * PacketInfo.Size, PacketInfo.Size));
        _messages++;
    }

    /// <summary>Sends everything. A reply that the kernel refuses (no route, no buffer) is lost, like any datagram may
    /// be.</summary>
    public void Flush()
    {
        var sent = 0;
        while (sent < _messages)
        {
            // SAFETY: headers, vectors, addresses and slots belong to this object and have the same number of elements.
            var result = Libc.SendMessages(_fd, _headers + sent, _messages - sent);
            if (!result.IsError)
            {
                sent += result.Value;
                continue;
            }
            if (_headers[sent].Header.VectorCount == 2)
            {
                SendApart(sent, result.Error);
            }

            sent++;
        }
        for (var i = 0; i < _answeredCount; i++)
        {
            _open.Answered(_answered[i]);
        }

        _replies = _messages = _answeredCount = 0;
    }

    public void Dispose() => Libc.UnmapPages(_memory, (nuint)Size);

    /// <summary>Joins a reply to the previous message if both go to the same client socket.</summary>
    private bool TryPair(int message, IoVector* vector, in SocketAddress to)
    {
        ref var header = ref _headers[message].Header;
        if (!_pairs || header.VectorCount != 1 || header.Control != null || _addresses[message] != to)
        {
            return false;
        }

        var first = header.Vectors;
        if (first->Length > LargestSegment || vector->Length > LargestSegment)
        {
            return false;
        }

        if (first->Length < vector->Length)
        {
            (*first, *vector) = (*vector, *first);
        }

        _segments[message].Octets = (ushort)first->Length;
        header.VectorCount = 2;
        header.Control = (byte*)(_segments + message);
        header.ControlLength = (nuint)sizeof(SegmentSize);
        return true;
    }

    /// <summary>Sends a pair that the kernel refused as two messages. If kernel or link cannot do pairs (before 4.18,
    /// or without checksum offload), they are not tried again.</summary>
    private void SendApart(int message, Errno error)
    {
        if (error is Errno.EINVAL or Errno.EIO)
        {
            _pairs = false;
        }

        var single = _headers[message];
        single.Header.VectorCount = 1;
        single.Header.Control = null;
        single.Header.ControlLength = 0;
        for (var i = 0; i < 2; i++, single.Header.Vectors++)
        {
            Libc.SendMessages(_fd, &single, 1);
        }
    }
}
