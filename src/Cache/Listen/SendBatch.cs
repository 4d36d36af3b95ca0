using NodeDns.Cache.Interop.Linux;

namespace NodeDns.Cache.Listen;

/// <summary>Replies that leave one socket by one sendmmsg(2), written in place. One a worker; replies for another socket
/// send what has been gathered.</summary>
internal sealed unsafe class SendBatch : IDisposable
{
    private const int Capacity = ReceiveBatch.Capacity;

    private readonly int _slotSize;
    private readonly byte* _memory;
    private readonly MultiMessageHeader* _headers;
    private readonly IoVector* _vectors;
    private readonly SocketAddress* _addresses;
    private readonly byte* _slots;
    private int _fd = -1;
    private int _count;

    /// <param name="largestReply">Octets; what a block's bufsize allows.</param>
    public SendBatch(int largestReply)
    {
        _slotSize = (largestReply + 127) & ~63;
        _memory = Libc.MapPages((nuint)Size);
        _headers = (MultiMessageHeader*)_memory;
        _vectors = (IoVector*)(_headers + Capacity);
        _addresses = (SocketAddress*)(_vectors + Capacity);
        _slots = _memory + Size - Capacity * _slotSize;
        for (int i = 0; i < Capacity; i++)
        {
            _vectors[i].Base = _slots + i * _slotSize;
            _headers[i].Header.Name = _addresses + i;
            _headers[i].Header.Vectors = _vectors + i;
            _headers[i].Header.VectorCount = 1;
        }
    }

    private long Size => Capacity * (sizeof(MultiMessageHeader) + sizeof(IoVector) + 32 + (long)_slotSize) + 64;

    public bool IsEmpty => _count == 0;

    /// <summary>Where the next reply through <paramref name="fd"/> may be written; <see cref="Add"/> then takes it.</summary>
    public Span<byte> Next(int fd)
    {
        if (_count == Capacity || fd != _fd && _count > 0) Flush();
        _fd = fd;
        return new Span<byte>(_slots + _count * _slotSize, _slotSize);
    }

    public void Add(int length, in SocketAddress to)
    {
        _vectors[_count].Length = (nuint)length;
        _addresses[_count] = to;
        _headers[_count].Header.NameLength = (uint)to.Length;
        _count++;
    }

    /// <summary>Sends everything. A reply that the kernel does not take (no route, no room) is lost, as datagrams may be.
    /// </summary>
    public void Flush()
    {
        int sent = 0;
        while (sent < _count)
        {
            // SAFETY: headers, vectors, addresses and slots are this object's own and sized alike.
            SyscallResult result = Libc.SendMessages(_fd, _headers + sent, _count - sent);
            sent += result.IsError ? 1 : result.Value;
        }
        _count = 0;
    }

    public void Dispose() => Libc.UnmapPages(_memory, (nuint)Size);
}
