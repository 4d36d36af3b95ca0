using System.Buffers;
using NodeDns.Linux.Interop;

namespace NodeDns.Telemetry;

/// <summary>All metrics of the process: assigns slots, adds them up over the workers, and writes a scrape.</summary>
/// <remarks>
/// A slot is an index into each worker's cells (<see cref="WorkerCounters"/>). Registering takes a lock and is never on
/// the hot path. The same name and labels get the same slot again, so counts survive a reload. A table registers all
/// combinations of some label values as one run of slots and one object, because 500 series for each zone would otherwise
/// be 500 strings. A series of a table is shown once it has counted something, as in Prometheus' own clients.
/// </remarks>
public sealed unsafe class MetricRegistry
{
    /// <summary>The number of slots, enough for about 2,000 pairs of server address and zone. This only reserves
    /// address space: 8 MiB for each worker, of which a small Corefile touches about 20 KiB.</summary>
    public const int SlotCapacity = 1 << 20;

    // What is registered beyond the capacity is counted here and never shown.
    private const int SpareSlots = 1 << 14;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly WorkerCounters _shared = Allocate();
    private readonly List<Action> _beforeScrape = [];
    private WorkerCounters[] _attached = [];
    private int _nextSlot = SpareSlots;

    /// <summary>Registers one counter. It is shown from the first scrape on, even while it is 0.</summary>
    public int Counter(string name, string help, params (string Label, string Value)[] labels) =>
        Series(name, help, MetricKind.Counter, MetricUnit.One, [], 1, labels, [], showZero: true);

    /// <summary>Registers a counter for each combination of <paramref name="dimensions"/>.</summary>
    /// <returns>The first slot. The combination (i, j, …) has the slot first + (i × |j| + j) × …; the last dimension
    /// varies fastest.</returns>
    public int CounterTable(
        string name, string help, (string Label, string Value)[] labels, params MetricDimension[] dimensions) =>
        Series(name, help, MetricKind.Counter, MetricUnit.One, [], 1, labels, dimensions, showZero: false);

    /// <summary>Registers one histogram.</summary>
    /// <returns>The slot of the first bucket. The other buckets, +Inf, and the sum follow. The sum is an integer in
    /// <paramref name="unit"/> (nanoseconds or octets).</returns>
    public int Histogram(
        string name,
        string help,
        double[] upperBounds,
        MetricUnit unit,
        params (string Label, string Value)[] labels) =>
        Series(name, help, MetricKind.Histogram, unit, upperBounds, upperBounds.Length + 2, labels, [], showZero: true);

    /// <summary>Registers a histogram for each combination of <paramref name="dimensions"/>. Each takes
    /// <c>upperBounds.Length + 2</c> slots.</summary>
    public int HistogramTable(
        string name,
        string help,
        double[] upperBounds,
        MetricUnit unit,
        (string Label, string Value)[] labels,
        params MetricDimension[] dimensions) =>
        Series(name, help, MetricKind.Histogram, unit, upperBounds, upperBounds.Length + 2, labels, dimensions, false);

    /// <summary>Shows the cells of a histogram table also under another name and labels, at no cost when counting. This
    /// is how the names of both dashboard generations are served.</summary>
    public void HistogramAlias(
        int first,
        string name,
        string help,
        double[] upperBounds,
        MetricUnit unit,
        (string Label, string Value)[] labels,
        params MetricDimension[] dimensions) =>
        Alias(
            first,
            upperBounds.Length + 2,
            name,
            help,
            MetricKind.Histogram,
            unit,
            upperBounds,
            labels,
            dimensions,
            showZero: false);

    /// <summary>Shows the number of observations of each histogram in a table as a separate counter.</summary>
    public void CounterOfObservations(
        int first,
        string name,
        string help,
        double[] upperBounds,
        (string Label, string Value)[] labels,
        params MetricDimension[] dimensions) =>
        Alias(
            first,
            upperBounds.Length + 2,
            name,
            help,
            MetricKind.Counter,
            MetricUnit.One,
            upperBounds,
            labels,
            dimensions,
            showZero: false);

    /// <summary>Shows a counter or a counter table also under another name and labels.</summary>
    public void CounterAlias(
        int first,
        string name,
        string help,
        bool showZero,
        (string Label, string Value)[] labels,
        params MetricDimension[] dimensions) =>
        Alias(first, 1, name, help, MetricKind.Counter, MetricUnit.One, [], labels, dimensions, showZero);

    /// <summary>Registers a value that each scrape reads, on the scraping thread. Registering the same name and labels
    /// again replaces the reader.</summary>
    public void Gauge(string name, string help, Func<double> read, params (string Label, string Value)[] labels) =>
        Reader(name, help, MetricKind.Gauge, read, labels);

    /// <summary>Like <see cref="Gauge"/>, but for a value that only grows and is counted elsewhere, for example by the
    /// kernel.</summary>
    public void ReadCounter(
        string name, string help, Func<double> read, params (string Label, string Value)[] labels) =>
        Reader(name, help, MetricKind.Counter, read, labels);

    /// <summary>Registers counters whose series come and go. Each scrape reads them, on the scraping thread.</summary>
    /// <param name="read">The series with their labels, as <see cref="MetricText.Labels"/> writes them.</param>
    internal void CounterSeries(string name, string help, Func<IEnumerable<(string Labels, long Value)>> read)
    {
        lock (_gate)
        {
            Family_NeedsLock(name, help, MetricKind.Counter, MetricUnit.One, []).Series = read;
        }
    }

    /// <summary>Does something before each scrape, on the scraping thread and for one scrape at a time.</summary>
    public void BeforeScrape(Action action)
    {
        lock (_gate)
        {
            _beforeScrape.Add(action);
        }
    }

    /// <summary>Replaces all series of a gauge by these, each with the value 1. For <c>…_info</c> and
    /// <c>plugin_enabled</c>, whose labels carry the information and change with a reload.</summary>
    public void Info(string name, string help, IEnumerable<(string Label, string Value)[]> series)
    {
        lock (_gate)
        {
            var family = Family_NeedsLock(name, help, MetricKind.Gauge, MetricUnit.One, []);
            family.Readers.Clear();
            foreach (var labels in series)
            {
                family.Readers[MetricText.Labels(labels)] = static () => 1;
            }
        }
    }

    /// <summary>Creates the cells of a new worker. They are included in the sums for the rest of the process's
    /// life.</summary>
    public WorkerCounters AttachWorker()
    {
        var counters = Allocate();
        lock (_gate)
        {
            _attached = [.. _attached, counters];
        }

        return counters;
    }

    /// <summary>Counts from a thread that has no <see cref="WorkerCounters"/>, with an interlocked add.</summary>
    public void Increment(int slot) => _shared.AddShared(slot, 1);

    /// <inheritdoc cref="Increment"/>
    public void Add(int slot, long amount) => _shared.AddShared(slot, amount);

    /// <inheritdoc cref="Increment"/>
    public void ObserveTime(int histogram, TimeBucketScale scale, long nanoseconds)
    {
        _shared.AddShared(histogram + scale.IndexOf(nanoseconds), 1);
        _shared.AddShared(histogram + scale.Count, nanoseconds);
    }

    /// <summary>The sum of a slot over all workers.</summary>
    public long Read(int slot)
    {
        var sum = _shared.Read(slot);
        foreach (var worker in Volatile.Read(ref _attached))
        {
            sum += worker.Read(slot);
        }

        return sum;
    }

    /// <summary>Writes all metrics in Prometheus' text format 0.0.4, families sorted by name.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        lock (_gate)
        {
            _beforeScrape.ForEach(action => action());
            var text = new MetricText(output);
            foreach (var family in _families.Values)
            {
                family.Write(ref text, Read);
            }

            text.Flush();
        }
    }

    private int Series(
        string name,
        string help,
        MetricKind kind,
        MetricUnit unit,
        double[] upperBounds,
        int stride,
        (string Label, string Value)[] labels,
        MetricDimension[] dimensions,
        bool showZero)
    {
        var text = MetricText.Labels(labels);
        lock (_gate)
        {
            var family = Family_NeedsLock(name, help, kind, unit, upperBounds);
            if (family.Tables.TryGetValue(text, out var known))
            {
                return known.First;
            }

            var slots = stride * MetricDimension.Combinations(dimensions);
            var first = 0;
            if (slots <= SlotCapacity - _nextSlot)
            {
                first = _nextSlot;
                _nextSlot += slots;
            }
            else if (slots > SpareSlots)
            {
                throw new ArgumentException($"{name} wants {slots} slots; at most {SpareSlots} fit one table");
            }

            family.Tables[text] = new MetricTable(first, stride, text, dimensions, showZero, IsSpare: first == 0);
            return first;
        }
    }

    private void Alias(
        int first,
        int stride,
        string name,
        string help,
        MetricKind kind,
        MetricUnit unit,
        double[] upperBounds,
        (string Label, string Value)[] labels,
        MetricDimension[] dimensions,
        bool showZero)
    {
        var text = MetricText.Labels(labels);
        lock (_gate)
        {
            var family = Family_NeedsLock(name, help, kind, unit, upperBounds);
            family.Tables[text] =
                new MetricTable(first, stride, text, dimensions, showZero, IsSpare: first == 0);
        }
    }

    private void Reader(
        string name, string help, MetricKind kind, Func<double> read, (string Label, string Value)[] labels)
    {
        lock (_gate)
        {
            Family_NeedsLock(name, help, kind, MetricUnit.One, []).Readers[MetricText.Labels(labels)] = read;
        }
    }

    private MetricFamily Family_NeedsLock(
        string name, string help, MetricKind kind, MetricUnit unit, double[] upperBounds)
    {
        if (!_families.TryGetValue(name, out var family))
        {
            _families[name] = family = new MetricFamily(name, help, kind, unit, upperBounds);
        }

        if (family.Kind != kind)
        {
            throw new ArgumentException($"{name} is a {family.Kind} already and cannot be a {kind} too");
        }

        return family;
    }

    // SAFETY: whole zeroed pages that are never freed. No two workers share a cache line, and untouched cells use no
    // memory.
    private static WorkerCounters Allocate() => new((long*)Libc.MapPages(SlotCapacity * sizeof(long)));
}
