using System.Runtime.CompilerServices;

namespace NodeDns.Telemetry;

/// <summary>The counters of one worker: 64-bit cells outside the collected heap, on pages that no other worker
/// writes.</summary>
/// <remarks>Only the worker's own thread writes, so counting is a plain add without a lock prefix or a shared cache
/// line. A scrape reads the cells of all workers while they change: an aligned 64-bit read is atomic on x64 and arm64.
/// The memory is never freed, so a copy of this struct is always valid.</remarks>
public readonly unsafe struct WorkerCounters
{
    // SAFETY: points to MetricRegistry.SlotCapacity cells that are never freed. Slots come from that registry only.
    private readonly long* _cells;

    internal WorkerCounters(long* cells) => _cells = cells;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Increment(int slot) => _cells[slot]++;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int slot, long amount) => _cells[slot] += amount;

    /// <summary>Adds a duration to a histogram that was made with <see cref="MetricNames.TimeBuckets"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ObserveTime(int histogram, long nanoseconds)
    {
        _cells[histogram + TimeBucket.IndexOf(nanoseconds)]++;
        _cells[histogram + TimeBucket.Count] += nanoseconds;
    }

    /// <summary>Adds a size to a histogram that was made with <see cref="MetricNames.SizeBuckets"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ObserveSize(int histogram, int bytes)
    {
        _cells[histogram + SizeBucket.IndexOf(bytes)]++;
        _cells[histogram + SizeBucket.Count] += bytes;
    }

    internal long Read(int slot) => Volatile.Read(ref _cells[slot]);

    internal void AddShared(int slot, long amount) => Interlocked.Add(ref _cells[slot], amount);
}
