using NodeDns.Linux.Interop;

namespace NodeDns.Cache.Store;

/// <summary>The store's whole memory: cells, the index's buckets and the popularity counts, in one mapping of exactly the
/// budget.</summary>
/// <remarks>
/// Of every cell's share of the budget, 64 octets are the cell, 4 its popularity count (touched with prefetch only) and 2
/// to 4 the buckets: one for each two cells, rounded down to a power of two. Cell 0 is never used; 0 means "none".
/// Allocation and freeing need the store's lock.
/// </remarks>
internal sealed unsafe class CellArena : IDisposable
{
    public const int CellSize = 64;
    public const int PayloadOffset = 8;
    public const int PayloadSize = CellSize - PayloadOffset;
    public const uint IndexMask = 0x00FF_FFFF;

    /// <summary>Below this the largest answer would not fit beside anything else.</summary>
    public const long MinimumBytes = 512 * 1024;

    /// <summary>24 bits of cell index.</summary>
    public const long MaximumBytes = 1L << 30;

    private const int PageSize = 4096;

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

    /// <summary>For each cell that is a head: hits so far (16 bits), second of the last one (16 bits).</summary>
    public uint* Popularity { get; }

    public uint* Buckets { get; }

    public uint BucketCount { get; }

    public uint CellCount { get; }

    public uint FreeCells { get; private set; }

    public EntryHead* Head(uint cell) => (EntryHead*)(Cells + (ulong)cell * CellSize);

    public static uint CellsFor(int streamLength) => 1 + (uint)(streamLength + PayloadSize - 1) / PayloadSize;

    /// <summary>Takes a chain of cells; the caller has made sure that <see cref="FreeCells"/> suffices.</summary>
    /// <returns>The first cell. Sequence numbers of all are odd.</returns>
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

    /// <summary>Gives a chain back.</summary>
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
