namespace NodeDns.Telemetry;

internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>The unit of a histogram's sum. Nanoseconds are written as seconds, other units unchanged.</summary>
public enum MetricUnit
{
    One,
    Nanoseconds,
    Bytes,
}

/// <summary>All series with one metric name. Guarded by the registry's lock.</summary>
internal sealed class MetricFamily(string name, string help, MetricKind kind, MetricUnit unit, double[] upperBounds)
{
    private readonly string[] _bounds = [.. upperBounds.Select(MetricText.Bound), "+Inf"];

    public MetricKind Kind => kind;

    /// <summary>The tables, by the text of the labels that all series of the table share.</summary>
    public SortedDictionary<string, MetricTable> Tables { get; } = new(StringComparer.Ordinal);

    /// <summary>The single values, by the text of their labels.</summary>
    public SortedDictionary<string, Func<double>> Readers { get; } = new(StringComparer.Ordinal);

    /// <summary>Series that come and go.</summary>
    public Func<IEnumerable<(string Labels, long Value)>> Series { get; set; } = static () => [];

    public void Write(ref MetricText text, Func<int, long> read)
    {
        var headed = false;
        foreach (var table in Tables.Values)
        {
            WriteTable(ref text, table, read, ref headed);
        }

        foreach ((var labels, var value) in Readers)
        {
            Head(ref text, ref headed);
            text.Sample(name, "", labels, "", value());
        }

        foreach ((var labels, var value) in Series())
        {
            Head(ref text, ref headed);
            text.Sample(name, "", labels, "", value);
        }
    }

    private void WriteTable(ref MetricText text, MetricTable table, Func<int, long> read, ref bool headed)
    {
        if (table.IsSpare)
        {
            return;
        }

        var combinations = MetricDimension.Combinations(table.Dimensions);
        for (var i = 0; i < combinations; i++)
        {
            var slot = table.First + i * table.Stride;
            long count = 0;
            var counted = table.Stride == 1 ? 1 : table.Stride - 1;
            for (var cell = 0; cell < counted; cell++)
            {
                count += read(slot + cell);
            }

            if (count == 0 && !table.ShowZero)
            {
                continue;
            }

            Head(ref text, ref headed);
            var labels = table.LabelsOf(i);
            if (kind == MetricKind.Histogram)
            {
                WriteHistogram(ref text, labels, slot, read);
            }
            else
            {
                text.Sample(name, "", labels, "", count);
            }
        }
    }

    private void WriteHistogram(ref MetricText text, string labels, int slot, Func<int, long> read)
    {
        // The cells change while they are read, so the total is added up here: _count then always equals the +Inf
        // bucket.
        long cumulative = 0;
        for (var i = 0; i < _bounds.Length; i++)
        {
            cumulative += read(slot + i);
            text.Sample(name, "_bucket", labels, _bounds[i], cumulative);
        }
        var sum = read(slot + _bounds.Length);
        if (unit == MetricUnit.Nanoseconds)
        {
            text.Sample(name, "_sum", labels, "", sum / 1e9);
        }
        else
        {
            text.Sample(name, "_sum", labels, "", sum);
        }

        text.Sample(name, "_count", labels, "", cumulative);
    }

    private void Head(ref MetricText text, ref bool headed)
    {
        if (!headed)
        {
            text.Head(name, help, kind);
        }

        headed = true;
    }
}
