using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Linux.Sockets;

/// <summary>The datagrams that one worker has read and not answered, in a part of an <see cref="OpenQueryFile"/>: the batch
/// in hand, and a slot for each query that waits for upstream.</summary>
/// <remarks>
/// <code>
/// reserved ──Keep──▶ kept ──Answered, the reply is with the kernel──▶ free ──Reserve──▶ reserved
///     └────────────Answered while it was being handled─────────────────▲
/// </code>
/// A process may end between any two instructions, so what is left then must make sense: a slot's length is written last
/// and cleared first, and a reply may be sent twice but never not at all. TCP needs none of this: the client sees its
/// connection close, and asks again.
/// </remarks>
public sealed unsafe class OpenQueries
{
    /// <summary>No slot: all are taken, and the query is not kept.</summary>
    public const int None = -1;

    /// <summary>Queries kept; those beyond are lost with the process.</summary>
    public const int Capacity = 1024;

    /// <summary>Octets of a part.</summary>
    public const int Size = SlotsOffset + Capacity * SlotSize;

    // Wire of a part, host order. 0-7 layout, 8-15 the socket of the batch (SO_COOKIE), 64… the batch, then the slots.
    // Of a slot: 0-7 socket, 8-35 client, 36-39 octets of the message (0: free), 40… the message.
    private const ulong Layout = 1;
    private const int BatchSocketOffset = 8;
    private const int BatchOffset = 64;
    private const int SlotsOffset = BatchOffset + ReceiveBatch.Size;
    private const int SlotSize = 512;
    private const int ClientOffset = 8;
    private const int LengthOffset = 36;
    private const int MessageOffset = 40;
    private const int SlotsPerRead = 64;

    private readonly byte* _part;
    private readonly int[] _free = new int[Capacity];
    private readonly State[] _states = new State[Capacity];
    private int _freeCount = Capacity;

    /// <param name="part">Zeroed.</param>
    public OpenQueries(byte* part)
    {
        _part = part;
        *(ulong*)part = Layout;
        // The same few slots again and again: the others' pages are never touched.
        for (var i = 0; i < Capacity; i++)
        {
            _free[i] = Capacity - 1 - i;
        }
    }

    private enum State : byte
    {
        Free,
        Reserved,
        Kept,
    }

    /// <summary>Where a <see cref="ReceiveBatch"/> lies.</summary>
    public byte* Batch => _part + BatchOffset;

    /// <summary>Names the socket of the datagrams that are read next.</summary>
    public void ReadsFrom(ulong socket) => Volatile.Write(ref *(ulong*)(_part + BatchSocketOffset), socket);

    /// <summary>A slot for a query that is about to be handled, or <see cref="None"/>.</summary>
    public int Reserve()
    {
        if (_freeCount == 0)
        {
            return None;
        }

        var slot = _free[--_freeCount];
        _states[slot] = State.Reserved;
        return slot;
    }

    public bool IsReserved(int slot) => slot != None && _states[slot] == State.Reserved;

    /// <summary>Keeps a query that has no answer yet; nothing when the answer has come while it was handled. Of one that is
    /// too long for a slot only the slot is kept.</summary>
    public void Keep(int slot, ulong socket, in SocketAddress client, ReadOnlySpan<byte> message)
    {
        if (!IsReserved(slot))
        {
            return;
        }

        _states[slot] = State.Kept;
        if (message.Length > SlotSize - MessageOffset)
        {
            return;
        }

        var at = At(slot);
        *(ulong*)at = socket;
        *(SocketAddress*)(at + ClientOffset) = client;
        message.CopyTo(new Span<byte>(at + MessageOffset, message.Length));
        Volatile.Write(ref *(int*)(at + LengthOffset), message.Length);
    }

    /// <summary>The reply has left, or there will be none.</summary>
    public void Answered(int slot)
    {
        if (slot == None || _states[slot] == State.Free)
        {
            return;
        }

        if (_states[slot] == State.Kept)
        {
            Volatile.Write(ref *(int*)(At(slot) + LengthOffset), 0);
        }

        _states[slot] = State.Free;
        _free[_freeCount++] = slot;
    }

    /// <summary>Reads what a part holds, which another process may have left behind or be writing.</summary>
    /// <param name="read">As pread(2): fills the octets from an offset within the part.</param>
    /// <returns>false when the part is not all there, or of another layout.</returns>
    public static bool TryRead(Func<byte[], int, int, bool> read, List<OpenQuery> found)
    {
        var octets = new byte[Math.Max(SlotsOffset, SlotsPerRead * SlotSize)];
        if (!read(octets, 0, SlotsOffset) || MemoryMarshal.Read<ulong>(octets) != Layout)
        {
            return false;
        }

        var socket = MemoryMarshal.Read<ulong>(octets.AsSpan(BatchSocketOffset));
        ReceiveBatch.Read(octets.AsSpan(BatchOffset, ReceiveBatch.Size), socket, found);
        for (var first = 0; first < Capacity; first += SlotsPerRead)
        {
            if (!read(octets, SlotsOffset + first * SlotSize, SlotsPerRead * SlotSize))
            {
                return false;
            }

            for (var i = 0; i < SlotsPerRead; i++)
            {
                var slot = octets.AsSpan(i * SlotSize, SlotSize);
                var length = MemoryMarshal.Read<int>(slot[LengthOffset..]);
                if (length <= 0 || length > SlotSize - MessageOffset)
                {
                    continue;
                }

                found.Add(new OpenQuery(
                    MemoryMarshal.Read<ulong>(slot),
                    MemoryMarshal.Read<SocketAddress>(slot[ClientOffset..]),
                    slot.Slice(MessageOffset, length).ToArray()));
            }
        }
        return true;
    }

    private byte* At(int slot) => _part + SlotsOffset + slot * SlotSize;
}

/// <summary>A query that was read and not answered.</summary>
/// <param name="Socket">SO_COOKIE of the listening socket, the same in every process that holds it.</param>
public sealed record OpenQuery(ulong Socket, SocketAddress Client, byte[] Message);
