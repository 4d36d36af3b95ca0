using System.Runtime.InteropServices;

namespace NodeDns.Cache.Store;

/// <summary>The first cell of an entry. The fields are written under the store's lock, except <see cref="Visited"/>,
/// which readers set. A reader may use what it has read only if <see cref="Sequence"/> was the same before and
/// after.</summary>
/// <remarks>
/// The first eight octets have the same meaning in every cell of the arena:
/// <code>
///   0  next cell of the chain (24 bits)     3  visited (8)     4  sequence (32): even = a published head
///   8  payload: the rest of this struct in a head; 56 octets of the entry's stream in any other cell
/// </code>
/// The following cells hold a stream of octets: qname (lower-case wire form), EDNS options sent upstream, section counts
/// (6 octets), records (everything after the question, without OPT), then for each TTL field its offset from the start of
/// the records (two octets in host order).
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = CellArena.CellSize)]
internal struct EntryHead
{
    public const int StoreLinksOffset = 16;
    public const int PartitionLinksOffset = 24;
    public const int CountsLength = 6;

    [FieldOffset(0)] public uint Next;
    [FieldOffset(3)] public byte Visited;
    [FieldOffset(4)] public uint Sequence;
    [FieldOffset(8)] public uint HashHigh;
    [FieldOffset(12)] public uint BucketNext;

    // Octets 16-23 are the links of the list of all entries, 24-31 those of the partition's list.

    /// <summary>When the TTL began to count down, on the monotonic clock.</summary>
    [FieldOffset(32)] public long StoredMs;

    [FieldOffset(40)] public uint TtlSeconds;
    [FieldOffset(44)] public ushort Scope;
    [FieldOffset(46)] public AnswerKind Kind;
    [FieldOffset(47)] public KeyFlags KeyFlags;
    [FieldOffset(48)] public ushort Type;
    [FieldOffset(50)] public ushort Class;

    /// <summary>Flags and RCODE of the upstream's header.</summary>
    [FieldOffset(52)] public ushort HeaderFlags;

    [FieldOffset(54)] public ushort TtlCount;

    /// <summary>Octets of the records.</summary>
    [FieldOffset(56)] public ushort RecordsLength;

    /// <summary>Octets of the qname and of the options after it.</summary>
    [FieldOffset(58)] public ushort KeyLength;

    [FieldOffset(60)] public uint BucketIndex;

    public readonly long ExpiresMs => StoredMs + TtlSeconds * 1000L;

    /// <summary>True when the entry's head allows this key. Name and options are in the stream and have to be compared
    /// separately.</summary>
    public readonly bool HasKey(in AnswerKey key) =>
        KeyLength == key.Length && Type == (ushort)key.Type && Class == (ushort)key.Class
        && Scope == key.Scope && KeyFlags == key.Flags;
}
