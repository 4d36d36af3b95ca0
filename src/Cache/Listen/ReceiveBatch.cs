using NodeDns.Cache.Interop.Linux;

namespace NodeDns.Cache.Listen;

/// <summary>Room for the datagrams of one recvmmsg(2), outside the collected heap. One a worker, shared by its listeners:
/// a batch is dealt with before the next is read.</summary>
internal sealed unsafe class ReceiveBatch : IDisposable
{
    /// <summary>Datagrams a call; 8, 32 and 128 measured the same, and fewer are lost with a process that dies.</summary>
    public const int Capacity = 32;

    /// <summary>Octets of a datagram that are read; a larger one is no query and arrives cut.</summary>
    private const int SlotSize = 1280;

    private readonly byte* _memory;
    private readonly MultiMessageHeader* _headers;
    private readonly SocketAddress* _addresses;
    private readonly byte* _controls;
    private readonly byte* _slots;

    public ReceiveBatch()
    {
        _memory = Libc.MapPages((nuint)Size);
        _headers = (MultiMessageHeader*)_memory;
        var vectors = (IoVector*)(_headers + Capacity);
        _addresses = (SocketAddress*)(vectors + Capacity);
        _controls = (byte*)_addresses + Capacity * 32;
        _slots = _memory + Size - Capacity * SlotSize;
        for (int i = 0; i < Capacity; i++)
        {
            vectors[i] = new IoVector { Base = _slots + i * SlotSize, Length = SlotSize };
            _headers[i].Header.Name = _addresses + i;
            _headers[i].Header.Vectors = vectors + i;
            _headers[i].Header.VectorCount = 1;
        }
    }

    private static long Size =>
        Capacity * (sizeof(MultiMessageHeader) + sizeof(IoVector) + 32 + PacketInfo.Size + SlotSize) + 64;

    /// <summary>Reads what is waiting, at most <see cref="Capacity"/> datagrams.</summary>
    /// <param name="withPacketInfo">The socket is bound to every address and says for each datagram which one.</param>
    public SyscallResult Receive(int fd, bool withPacketInfo = false)
    {
        for (int i = 0; i < Capacity; i++)
        {
            ref MessageHeader header = ref _headers[i].Header;
            header.NameLength = SocketAddress.Capacity;
            header.Control = withPacketInfo ? _controls + i * PacketInfo.Size : null;
            header.ControlLength = withPacketInfo ? PacketInfo.Size : 0u;
        }
        return Libc.ReceiveMessages(fd, _headers, Capacity);
    }

    /// <summary>The control message that came with a datagram; empty without any.</summary>
    public ReadOnlySpan<byte> Control(int index) =>
        new(_controls + index * PacketInfo.Size, (int)_headers[index].Header.ControlLength);

    // SAFETY: the kernel wrote at most SlotSize octets and said how many; the memory lives as long as this object.
    public ReadOnlySpan<byte> Message(int index) => new(_slots + index * SlotSize, (int)_headers[index].Length);

    public ref readonly SocketAddress Sender(int index) => ref _addresses[index];

    public void Dispose() => Libc.UnmapPages(_memory, (nuint)Size);
}
