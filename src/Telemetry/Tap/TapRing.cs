using System.Runtime.CompilerServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Telemetry.Tap;

/// <summary>The last lookups of one thread, for a reader on another thread: a ring buffer that its writer never waits
/// for.</summary>
/// <remarks>While it is off, it costs the writer one branch and no memory. While it is on, the writer fills the next
/// slot and numbers it. A reader that is slower than the ring finds higher numbers than it expects, and so knows how
/// many lookups it has missed. The number of a slot is odd while the slot is written (a sequence lock), so a slot is
/// read completely or not at all.</remarks>
public sealed unsafe class TapRing
{
    /// <summary>The number of slots, a power of two: 40 ms of one thread at 200,000 lookups a second.</summary>
    public const int Capacity = 8192;

    private const int NumberLength = sizeof(ulong);
    private const int SlotLength = (NumberLength + TapEntry.MaxLength + 7) / 8 * 8;
    private const int Bytes = Capacity * SlotLength;

    // SAFETY: mapped by the first SetOn(true), before IsOn can be true, and never unmapped.
    private byte* _slots;
    private ulong _written;

    /// <summary>True while somebody reads. The writer checks this before it makes an entry.</summary>
    public bool IsOn
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get;
        private set;
    }

    /// <summary>How many entries have been written since the start, which is the number of the next one.</summary>
    public ulong Written => Volatile.Read(ref _written);

    /// <summary>Switches the ring on or off. Called on the reader's thread. When it is off, its memory is given back to
    /// the kernel.</summary>
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

    /// <summary>Adds an entry. Only the writer's thread may call this, and only while <see cref="IsOn"/>.</summary>
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

    /// <summary>Copies the entry with this number.</summary>
    /// <param name="to">Room for <see cref="TapEntry.MaxLength"/> octets.</param>
    /// <returns>The entry's length; 0 when it has been overwritten.</returns>
    public int Read(ulong number, Span<byte> to)
    {
        var slot = Slot(number);
        ref var mark = ref *(ulong*)slot;
        if (Volatile.Read(ref mark) != (number + 1) << 1)
        {
            return 0;
        }

        // SAFETY: the length is limited to the slot, whatever its octets say.
        var octets = new ReadOnlySpan<byte>(slot + NumberLength, TapEntry.MaxLength);
        var length = TapEntry.LengthOf(octets);
        octets[..length].CopyTo(to);
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref mark) == (number + 1) << 1 ? length : 0;
    }

    private byte* Slot(ulong number) => _slots + (int)(number % Capacity) * SlotLength;
}
