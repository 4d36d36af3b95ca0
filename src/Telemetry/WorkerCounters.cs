using System.Runtime.CompilerServices;

namespace NodeDns.Telemetry;

/// <summary>One worker's own counters: 64-bit cells outside the collected heap, on pages no other worker
/// writes.</summary>
/// <remarks>Only the owning worker's thread writes, so counting is a plain add with no lock prefix and no shared cache
/// line. A scrape reads the cells of all workers while they are being written: an aligned 64-bit read is whole on x64
/// and arm64. The memory lives as long as the process, so a copy of this handle never dangles.</remarks>
public readonly unsafe struct WorkerCounters
{
    // SAFETY: points to MetricRegistry.SlotCapacity cells that are never freed; slots come from that registry only.
    private readonly long* _cells;

    internal WorkerCounters(long* cells) => _cells = cells;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Increment(int slot) => _cells[slot]++;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int slot, long amount) => _cells[slot] += amount;

    /// <summary>Adds one observation of a duration to a histogram made with
    /// <see cref="MetricNames.TimeBuckets"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ObserveTime(int histogram, long nanoseconds)
    {
        _cells[histogram + TimeBucket.IndexOf(nanoseconds)]++;
        _cells[histogram + TimeBucket.Count] += nanoseconds;
    }

    /// <summary>Adds one observation of a size to a histogram made with
    /// <see cref="MetricNames.SizeBuckets"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ObserveSize(int histogram, int bytes)
    {
        _cells[histogram + SizeBucket.IndexOf(bytes)]++;
        _cells[histogram + SizeBucket.Count] += bytes;
    }

    internal long Read(int slot) => Volatile.Read(ref _cells[slot]);

    internal void AddShared(int slot, long amount) => Interlocked.Add(ref _cells[slot], amount);
}
