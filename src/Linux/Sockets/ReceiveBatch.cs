using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Linux.Sockets;

/// <summary>Memory for the datagrams of one recvmmsg(2), outside the collected heap. Each worker has one for all its
/// listeners, because it handles a batch completely before it reads the next.</summary>
/// <remarks>The memory is where a guard can read it after the process has died. A message whose length is not 0 was
/// read and not answered: the kernel writes the length, and <see cref="Done"/> clears it.</remarks>
public sealed unsafe class ReceiveBatch
{
    /// <summary>Datagrams for each call. 8, 32 and 128 performed the same.</summary>
    public const int Capacity = 32;

    /// <summary>Size in octets of the datagrams and everything that describes them.</summary>
    public const int Size = SlotsOffset + Capacity * SlotSize;

    /// <summary>How many octets of a datagram are read. A larger datagram is truncated; it cannot be a valid
    /// query.</summary>
    private const int SlotSize = 1280;

    // In this order: struct mmsghdr (64 octets; 56-59 are the length), struct iovec, addresses, control messages,
    // datagrams.
    private const int HeaderSize = 64;
    private const int LengthOffset = 56;
    private const int VectorsOffset = Capacity * HeaderSize;
    private const int AddressesOffset = VectorsOffset + Capacity * 16;
    private const int ControlsOffset = AddressesOffset + Capacity * 32;
    private const int SlotsOffset = ControlsOffset + Capacity * PacketInfo.Size;

    private readonly OpenQueries _open;
    // SAFETY: all four point into the Size octets of the batch; an index is below Capacity.
    private readonly MultiMessageHeader* _headers;
    private readonly SocketAddress* _addresses;
    private readonly byte* _controls;
    private readonly byte* _slots;

    public ReceiveBatch(OpenQueries open)
    {
        _open = open;
        var memory = open.Batch;
        // Touch every page now. If a page could not be had later, because of the container's limit, a datagram would be
        // lost.
        new Span<byte>(memory, Size).Clear();
        _headers = (MultiMessageHeader*)memory;
        var vectors = (IoVector*)(memory + VectorsOffset);
        _addresses = (SocketAddress*)(memory + AddressesOffset);
        _controls = memory + ControlsOffset;
        _slots = memory + SlotsOffset;
        for (var i = 0; i < Capacity; i++)
        {
            vectors[i] = new IoVector { Base = _slots + i * SlotSize, Length = SlotSize };
            _headers[i].Header.Name = _addresses + i;
            _headers[i].Header.Vectors = vectors + i;
            _headers[i].Header.VectorCount = 1;
        }
    }

    /// <summary>Reads the datagrams that are waiting, up to <see cref="Capacity"/>.</summary>
    /// <param name="socket">The socket's SO_COOKIE.</param>
    /// <param name="withPacketInfo">The socket is bound to all addresses, and the kernel tells for each datagram where
    /// it was sent to.</param>
    public SyscallResult Receive(int fd, ulong socket, bool withPacketInfo = false)
    {
        for (var i = 0; i < Capacity; i++)
        {
            ref var header = ref _headers[i].Header;
            header.NameLength = SocketAddress.Capacity;
            header.Control = withPacketInfo ? _controls + i * PacketInfo.Size : null;
            header.ControlLength = withPacketInfo ? PacketInfo.Size : 0u;
        }
        _open.ReadsFrom(socket);
        return Libc.ReceiveMessages(fd, _headers, Capacity);
    }

    /// <summary>The first <paramref name="count"/> datagrams have been handled and their replies sent.</summary>
    public void Done(int count)
    {
        for (var i = 0; i < count; i++)
        {
            Volatile.Write(ref _headers[i].Length, 0);
        }
    }

    /// <summary>The control message that came with a datagram; empty when there was none.</summary>
    public ReadOnlySpan<byte> Control(int index) =>
        new(_controls + index * PacketInfo.Size, (int)_headers[index].Header.ControlLength);

    // SAFETY: the kernel wrote at most SlotSize octets and the length says how many. The memory lives as long as the
    // file.
    public ReadOnlySpan<byte> Message(int index) => new(_slots + index * SlotSize, (int)_headers[index].Length);

    public ref readonly SocketAddress Sender(int index) => ref _addresses[index];

    /// <summary>Finds the datagrams in another process's batch that it has not handled.</summary>
    public static void Read(ReadOnlySpan<byte> batch, ulong socket, List<OpenQuery> found)
    {
        for (var i = 0; i < Capacity; i++)
        {
            var length = MemoryMarshal.Read<uint>(batch[(i * HeaderSize + LengthOffset)..]);
            if (length is 0 or > SlotSize)
            {
                continue;
            }

            found.Add(new OpenQuery(
                socket,
                MemoryMarshal.Read<SocketAddress>(batch[(AddressesOffset + i * SocketAddress.Capacity)..]),
                batch.Slice(SlotsOffset + i * SlotSize, (int)length).ToArray()));
        }
    }
}
