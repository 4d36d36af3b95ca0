using System.Runtime.CompilerServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Telemetry.Tap;

/// <summary>The last lookups of one thread, for a reader on another: a ring that its writer never waits for.</summary>
/// <remarks>
/// Off, it costs its writer one branch and no memory. On, the writer fills the next slot and numbers it; a reader that
/// is slower than the ring finds later numbers than it looks for, and knows how many it has missed. A slot is read
/// whole or not at all: its number is odd while it is written (a sequence lock).
/// </remarks>
public sealed unsafe class TapRing
{
    /// <summary>Slots, a power of two: 40 ms of one thread at 200,000 lookups a second.</summary>
    public const int Capacity = 8192;

    private const int NumberLength = sizeof(ulong);
    private const int SlotLength = (NumberLength + TapEntry.MaxLength + 7) / 8 * 8;
    private const int Bytes = Capacity * SlotLength;

    // SAFETY: mapped by the first SetOn(true) before IsOn is seen, and never unmapped.
    private byte* _slots;
    private ulong _written;

    /// <summary>Does somebody read? Checked by the writer before it makes an entry.</summary>
    public bool IsOn
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get;
        private set;
    }

    /// <summary>How many entries have been written since the start: the number of the next one.</summary>
    public ulong Written => Volatile.Read(ref _written);

    /// <summary>Switches on and off; called by the reader's thread. Off, the memory goes back to the kernel.</summary>
    public void SetOn(bool on)
    {
        if (on && _slots is null)
        {
            _slots = Libc.MapPages(Bytes);
        }

        Interlocked.MemoryBarrier();
        IsOn = on;
        if (!on && _slots is not null)
        {
            Libc.ForgetPages((nuint)_slots, Bytes);
        }
    }

    /// <summary>Adds an entry; the writer's thread only, while <see cref="IsOn"/>.</summary>
    public void Write(in TapEntry entry)
    {
        var number = _written;
        var slot = Slot(number);
        ref var mark = ref *(ulong*)slot;
        Volatile.Write(ref mark, (number << 1) | 1);
        Interlocked.MemoryBarrier();
        // SAFETY: a slot has room for the longest entry.
        entry.Write(new Span<byte>(slot + NumberLength, TapEntry.MaxLength));
        Volatile.Write(ref mark, (number + 1) << 1);
        Volatile.Write(ref _written, number + 1);
    }

    /// <summary>Copies the entry of this number.</summary>
    /// <param name="to">At least <see cref="TapEntry.MaxLength"/> octets.</param>
    /// <returns>Its length; 0 when it has been written over.</returns>
    public int Read(ulong number, Span<byte> to)
    {
        var slot = Slot(number);
        ref var mark = ref *(ulong*)slot;
        if (Volatile.Read(ref mark) != (number + 1) << 1)
        {
            return 0;
        }

        // SAFETY: within the slot, whatever its octets say at this moment.
        var octets = new ReadOnlySpan<byte>(slot + NumberLength, TapEntry.MaxLength);
        var length = TapEntry.LengthOf(octets);
        octets[..length].CopyTo(to);
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref mark) == (number + 1) << 1 ? length : 0;
    }

    private byte* Slot(ulong number) => _slots + (int)(number % Capacity) * SlotLength;
}
