using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Linux.KernelAnswers;

/// <summary>Copies of answers in memory that a program in the kernel reads: the values of one BPF map. The guard makes the
/// map and gives it to a cache, which alone writes it, without a system call.</summary>
/// <remarks>
/// 256 sets of 8 slots, 1,024 octets each. Numbers are in host order; <c>struct slot</c> in answers.bpf.c is the same:
/// <code>
///    0 sequence (32)      4 hash (32)       8 hits without OPT (64)    16 hits with OPT (64)
///   64 stored, ms (64)   72 valid until, ms (64)                       80 TTL, s (32)
///   84 header flags (16) 86 type (16)      88 server (16)              90 length of the name (16)
///   92 length of the records (16)          94 UDP size (16)            96 section counts (6 octets, as on the wire)
///  102 TTL fields (8)   103 keeps its TTL (8)                         104 name, lower case, zeros after it (128 octets)
///  232 offsets of TTL fields from the start of the records (32 × 16)  296 records, zeros after them (728 octets)
/// </code>
/// After them comes one block of the same size, <c>struct watched</c>: how many networks (32), at octet 8 address and mask of each
/// (2 × 16 octets as on the wire, IPv4 mapped into IPv6). The program leaves packets from there to the cache.
///
/// The sequence is odd while a slot is written. The program copies a slot and uses the copy only if the sequence was the
/// same before and after. It adds to the hits, which only grow. Only one thread at a time may write.
/// </remarks>
public sealed unsafe class AnswerSlots : IDisposable
{
    /// <summary>The number of this layout. It changes with every change of it.</summary>
    public const int Layout = 2;

    public const int Ways = 8;
    public const int Count = Sets * Ways;
    public const int SlotSize = 1024;

    /// <summary>How many values the map has: the slots, and the networks that are watched.</summary>
    public const int MapEntries = Count + 1;

    /// <summary>The most networks for <see cref="Watch"/>.</summary>
    public const int MaxWatched = 8;

    public const int MaxName = 128;
    public const int MaxTtls = 32;
    public const int MaxRecords = SlotSize - RecordsOffset;

    private const int Sets = 256;
    private const int HashOffset = 4;
    private const int PlainHitsOffset = 8;
    private const int EdnsHitsOffset = 16;
    private const int AnswerOffset = 64;
    private const int NameLengthOffset = 90;
    private const int NameOffset = 104;
    private const int TtlsOffset = 232;
    private const int RecordsOffset = 296;
    private const int NetworksOffset = 8;
    private const int AddressSize = 16;
    private const nuint Bytes = MapEntries * SlotSize;

    // SAFETY: a mapping of Bytes octets, until Dispose. Slot numbers are below Count, where the networks are.
    private readonly byte* _memory;

    private AnswerSlots(byte* memory) => _memory = memory;

    /// <summary>Maps the memory. The descriptor stays the caller's and may be closed.</summary>
    /// <returns>null when the descriptor is not such a map.</returns>
    public static AnswerSlots? Map(int descriptor)
    {
        var memory = Libc.MapBpfMap(descriptor, Bytes);
        return memory is null ? null : new AnswerSlots(memory);
    }

    /// <summary>The hash of a question, as the program computes it. It has no key: who makes names collide keeps them out
    /// of these slots, and they are answered as if there were none.</summary>
    /// <param name="server">The number of the address that was asked.</param>
    /// <param name="name">Lower-case wire form, at most <see cref="MaxName"/> octets.</param>
    public static ulong HashOf(int server, ushort type, ReadOnlySpan<byte> name)
    {
        Span<byte> padded = stackalloc byte[MaxName];
        padded.Clear();
        name.CopyTo(padded);
        var hash = Mix(0, (ulong)type << 32 | (ulong)(uint)server << 16 | (uint)name.Length);
        for (; !padded.IsEmpty; padded = padded[sizeof(ulong)..])
        {
            hash = Mix(hash, BitConverter.ToUInt64(padded));
        }
        return hash;
    }

    /// <summary>The first of the <see cref="Ways"/> slots that may hold a question of this hash.</summary>
    public static int FirstOf(ulong hash) => (int)((hash >> 40) % Sets) * Ways;

    /// <summary>How often the program has answered from this slot, without and with OPT, since the memory was made.</summary>
    public (ulong Plain, ulong Edns) Hits(int slot) => (
        Volatile.Read(ref *(ulong*)(At(slot) + PlainHitsOffset)), Volatile.Read(ref *(ulong*)(At(slot) + EdnsHitsOffset)));

    /// <summary>Replaces what is in a slot. Lengths must be within this class's limits.</summary>
    public void Write(int slot, ulong hash, in AnswerCopy answer)
    {
        var octets = Begin(slot);
        octets[AnswerOffset..].Clear();
        BitConverter.TryWriteBytes(octets[HashOffset..], (uint)hash);
        BitConverter.TryWriteBytes(octets[64..], answer.StoredMs);
        BitConverter.TryWriteBytes(octets[72..], answer.UntilMs);
        BitConverter.TryWriteBytes(octets[80..], answer.TtlSeconds);
        BitConverter.TryWriteBytes(octets[84..], answer.HeaderFlags);
        BitConverter.TryWriteBytes(octets[86..], answer.Type);
        BitConverter.TryWriteBytes(octets[88..], (ushort)answer.Server);
        BitConverter.TryWriteBytes(octets[NameLengthOffset..], (ushort)answer.Name.Length);
        BitConverter.TryWriteBytes(octets[92..], (ushort)answer.Records.Length);
        BitConverter.TryWriteBytes(octets[94..], answer.UdpSize);
        answer.Counts.CopyTo(octets[96..]);
        octets[102] = (byte)answer.TtlOffsets.Length;
        octets[103] = answer.KeepsTtl ? (byte)1 : (byte)0;
        answer.Name.CopyTo(octets[NameOffset..]);
        MemoryMarshal.AsBytes(answer.TtlOffsets).CopyTo(octets[TtlsOffset..]);
        answer.Records.CopyTo(octets[RecordsOffset..]);
        End(slot);
    }

    /// <summary>Takes an answer out: from now on the program does not begin to use it.</summary>
    public void Clear(int slot)
    {
        var octets = Begin(slot);
        octets.Slice(HashOffset, sizeof(uint)).Clear();
        octets.Slice(NameLengthOffset, sizeof(ushort)).Clear();
        End(slot);
    }

    /// <summary>From now on the program answers nobody of these networks, in the place of those of the last call.</summary>
    /// <param name="networks">At most <see cref="MaxWatched"/>.</param>
    public void Watch(IReadOnlyList<IPNetwork> networks)
    {
        var block = new Span<byte>(At(Count), SlotSize);
        ref var count = ref *(int*)At(Count);
        // What is written meanwhile is not read, and the last write says that there is something to read.
        Volatile.Write(ref count, 0);
        for (var i = 0; i < networks.Count; i++)
        {
            var network = networks[i];
            var octets = block.Slice(NetworksOffset + i * 2 * AddressSize, 2 * AddressSize);
            network.BaseAddress.MapToIPv6().TryWriteBytes(octets, out _);
            var bits = network.PrefixLength + (network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 96 : 0);
            BinaryPrimitives.WriteUInt128BigEndian(octets[AddressSize..], bits == 0 ? 0 : UInt128.MaxValue << (128 - bits));
        }
        Volatile.Write(ref count, networks.Count);
    }

    public void Dispose() => Libc.UnmapPages(_memory, Bytes);

    private Span<byte> Begin(int slot)
    {
        Interlocked.Increment(ref *(int*)At(slot));
        return new Span<byte>(At(slot), SlotSize);
    }

    private void End(int slot) => Interlocked.Increment(ref *(int*)At(slot));

    private byte* At(int slot) => _memory + (nuint)slot * SlotSize;

    private static ulong Mix(ulong hash, ulong word)
    {
        hash = (hash ^ word) * 0x9e3779b97f4a7c15;
        return hash ^ hash >> 32;
    }
}
