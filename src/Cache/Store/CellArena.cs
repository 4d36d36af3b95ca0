using NodeDns.Linux.Interop;

namespace NodeDns.Cache.Store;

/// <summary>All memory of the store: the cells, the index's buckets and the popularity counts, in one mapping of the
/// size of the budget.</summary>
/// <remarks>
/// Each cell takes 64 octets for itself, 4 for its popularity count (touched with prefetch only) and 2 to 4 for the
/// buckets: there is one bucket for each two cells, rounded down to a power of two. Cell 0 is never used, so 0 means
/// "none". Allocating and freeing need the store's lock.
/// </remarks>
internal sealed unsafe class CellArena : IDisposable
{
    public const int CellSize = 64;
    public const int PayloadOffset = 8;
    public const int PayloadSize = CellSize - PayloadOffset;
    public const uint IndexMask = 0x00FF_FFFF;

    /// <summary>With less, the largest possible answer would leave no room for others.</summary>
    public const long MinimumBytes = 512 * 1024;

    /// <summary>The limit of a cell index of 24 bits.</summary>
    public const long MaximumBytes = 1L << 30;

    private const int PageSize = 4096;

    // SAFETY: cells, counts and buckets are disjoint parts of one mapping of _bytes octets. Indexes are below CellCount and
    // BucketCount; a reader that may see a stale index checks it first (CellStream, AnswerLookup).
    private readonly byte* _memory;
    private readonly nuint _bytes;
    private uint _firstFree;
    private uint _nextUnused = 1;

    public CellArena(long budgetBytes)
    {
        var bytes = Math.Clamp(budgetBytes, MinimumBytes, MaximumBytes);
        BucketCount = (uint)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)(bytes / (CellSize * 2))) / 2;
        var forCells = bytes - BucketCount * sizeof(uint) - PageSize;
        CellCount = (uint)Math.Min(forCells / (CellSize + sizeof(uint)), IndexMask);
        _bytes = (nuint)bytes;
        _memory = Libc.MapPages(_bytes);
        Cells = _memory;
        Popularity = (uint*)(_memory + RoundUpToPage((long)CellCount * CellSize));
        Buckets = (uint*)((byte*)Popularity + (long)CellCount * sizeof(uint));
        FreeCells = CellCount - 1;
    }

    public byte* Cells { get; }

    /// <summary>For each cell that is the head of an entry: its hits (16 bits) and the second of the last one (16
    /// bits).</summary>
    public uint* Popularity { get; }

    public uint* Buckets { get; }

    public uint BucketCount { get; }

    public uint CellCount { get; }

    public uint FreeCells { get; private set; }

    public EntryHead* Head(uint cell) => (EntryHead*)(Cells + (ulong)cell * CellSize);

    public static uint CellsFor(int streamLength) => 1 + (uint)(streamLength + PayloadSize - 1) / PayloadSize;

    /// <summary>Allocates a chain of cells. The caller has checked that <see cref="FreeCells"/> is enough.</summary>
    /// <returns>The first cell. The sequence numbers of all cells are odd.</returns>
    public uint Take(uint count)
    {
        FreeCells -= count;
        uint first = 0;
        for (; count > 0; count--)
        {
            var cell = _firstFree;
            if (cell != 0)
            {
                _firstFree = Head(cell)->Next & IndexMask;
            }
            else
            {
                cell = _nextUnused++;
            }

            var head = Head(cell);
            if ((head->Sequence & 1) == 0)
            {
                Volatile.Write(ref head->Sequence, head->Sequence + 1);
            }

            head->Next = first;
            first = cell;
        }
        Volatile.WriteBarrier();
        return first;
    }

    /// <summary>Frees a chain.</summary>
    public void Give(uint first)
    {
        var cell = first;
        while (true)
        {
            var head = Head(cell);
            if ((head->Sequence & 1) == 0)
            {
                Volatile.Write(ref head->Sequence, head->Sequence + 1);
            }

            FreeCells++;
            var next = head->Next & IndexMask;
            if (next == 0)
            {
                head->Next = _firstFree;
                _firstFree = first;
                return;
            }
            cell = next;
        }
    }

    public void Dispose() => Libc.UnmapPages(_memory, _bytes);

    private static long RoundUpToPage(long bytes) => (bytes + PageSize - 1) & -PageSize;
}
