using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Linux.Sockets;

/// <summary>The datagrams that one worker has read and not yet answered: the batch it is working on, and a slot for
/// each query that waits for an upstream. They are in a part of an <see cref="OpenQueryFile"/>.</summary>
/// <remarks>
/// <code>
/// reserved ──Keep──▶ kept ──Answered, the reply is with the kernel──▶ free ──Reserve──▶ reserved
///     └────────────Answered while it was being handled─────────────────▲
/// </code>
/// The process may end between any two instructions, and the guard must then find valid data. So a slot's length is
/// written last and cleared first; a reply may be sent twice, but none is lost. TCP queries are not kept here: the
/// client sees its connection close and asks again.
/// </remarks>
public sealed unsafe class OpenQueries
{
    /// <summary>No slot: all are in use, and this query is not kept.</summary>
    public const int None = -1;

    /// <summary>How many queries can be kept. Further ones are lost if the process dies.</summary>
    public const int Capacity = 1024;

    /// <summary>Size of a part in octets.</summary>
    public const int Size = SlotsOffset + Capacity * SlotSize;

    // Layout of a part, in host byte order: octets 0-7 layout version, 8-15 the socket of the batch (SO_COOKIE), 64…
    // the batch, then the slots. Layout of a slot: 0-7 socket, 8-35 client, 36-39 length of the message (0: the slot is
    // free), 40… the message.
    private const ulong Layout = 1;
    private const int BatchSocketOffset = 8;
    private const int BatchOffset = 64;
    private const int SlotsOffset = BatchOffset + ReceiveBatch.Size;
    private const int SlotSize = 512;
    private const int ClientOffset = 8;
    private const int LengthOffset = 36;
    private const int MessageOffset = 40;
    private const int SlotsPerRead = 64;

    // SAFETY: Size octets, mapped for as long as the file is open. A slot is below Capacity, a kept message fits its slot.
    private readonly byte* _part;
    private readonly int[] _free = new int[Capacity];
    private readonly State[] _states = new State[Capacity];
    private int _freeCount = Capacity;

    /// <param name="part">Memory of the part, filled with zeros.</param>
    public OpenQueries(byte* part)
    {
        _part = part;
        *(ulong*)part = Layout;
        // Slots are reused last in, first out, so that the pages of rarely needed slots are never touched.
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

    /// <summary>The memory for a <see cref="ReceiveBatch"/>.</summary>
    public byte* Batch => _part + BatchOffset;

    /// <summary>Records which socket the next datagrams are read from.</summary>
    public void ReadsFrom(ulong socket) => Volatile.Write(ref *(ulong*)(_part + BatchSocketOffset), socket);

    /// <summary>Takes a slot for a query that is about to be handled; <see cref="None"/> when all are in use.</summary>
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

    /// <summary>Copies a query that is still unanswered into its slot. Does nothing if the answer came while the query
    /// was being handled. A message that is too long for the slot is not copied.</summary>
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

    /// <summary>Frees the slot, because the reply has been sent or there will be none.</summary>
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

    /// <summary>Reads a part that belongs to another process, which may have died or may be writing to it.</summary>
    /// <param name="read">Works like pread(2): fills the array from an offset within the part.</param>
    /// <returns>false when the part is incomplete or has another layout version.</returns>
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
/// <param name="Socket">SO_COOKIE of the listening socket, which is the same in every process that holds it.</param>
public sealed record OpenQuery(ulong Socket, SocketAddress Client, byte[] Message);
