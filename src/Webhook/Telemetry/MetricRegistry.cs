using System.Globalization;
using System.Text;

namespace NodeDns.Webhook.Telemetry;

/// <summary>The content of <c>/metrics</c>. The rooms create their series here and count them; this class knows no
/// room. docs/metrics-webhook.md describes each metric.</summary>
internal sealed class MetricRegistry
{
    private readonly List<Family> _families = [];

    public Counter Counter(string name, string help)
    {
        var counter = new Counter();
        Read(name, "counter", help, () => counter.Value);
        return counter;
    }

    /// <summary>One counter for each value of a label. All are shown from the start.</summary>
    public Dictionary<string, Counter> Counters(string name, string help, string label, IEnumerable<string> values)
    {
        var counters = values.ToDictionary(value => value, _ => new Counter());
        Add(new Family(name, "counter", help, page =>
        {
            foreach ((var value, var counter) in counters)
            {
                page.Sample(name, [(label, value)], counter.Value);
            }
        }));
        return counters;
    }

    /// <param name="name">The name of the family, without suffix.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="bounds">The upper limits of the buckets in microseconds, ascending.</param>
    public Histogram Histogram(string name, string help, int[] bounds)
    {
        var histogram = new Histogram(bounds);
        Add(new Family(name, "histogram", help, page => histogram.Write(name, page)));
        return histogram;
    }

    /// <summary>A gauge or counter whose value is read at each scrape; null shows no sample.</summary>
    public void Read(
        string name, string type, string help, Func<double?> read, params (string Label, string Value)[] labels) =>
        Add(new Family(name, type, help, page =>
        {
            if (read() is { } value)
            {
                page.Sample(name, labels, value);
            }
        }));

    /// <summary>The Prometheus text format 0.0.4.</summary>
    public string Write()
    {
        var page = new MetricPage();
        string? previous = null;
        foreach (var family in _families)
        {
            if (family.Name != previous)
            {
                page.Family(family.Name, family.Type, family.Help);
            }

            family.Write(page);
            previous = family.Name;
        }
        return page.ToString();
    }

    private void Add(Family family) => _families.Add(family);

    private sealed record Family(string Name, string Type, string Help, Action<MetricPage> Write);
}

/// <summary>A counter. Any thread may use it.</summary>
internal sealed class Counter
{
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    public void Add(long amount = 1) => Interlocked.Add(ref _value, amount);
}

/// <summary>A histogram of durations. Any thread may use it.</summary>
internal sealed class Histogram(int[] boundMicroseconds)
{
    private readonly long[] _counts = new long[boundMicroseconds.Length + 1];
    private long _microseconds;

    public void Observe(TimeSpan duration)
    {
        var microseconds = (long)duration.TotalMicroseconds;
        var bucket = 0;
        while (bucket < boundMicroseconds.Length && microseconds > boundMicroseconds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _counts[bucket]);
        Interlocked.Add(ref _microseconds, microseconds);
    }

    public void Write(string name, MetricPage page)
    {
        long count = 0;
        for (var i = 0; i < boundMicroseconds.Length; i++)
        {
            count += Interlocked.Read(ref _counts[i]);
            var bound = (boundMicroseconds[i] / 1e6).ToString("0.######", CultureInfo.InvariantCulture);
            page.Sample(name + "_bucket", [("le", bound)], count);
        }
        count += Interlocked.Read(ref _counts[^1]);
        page.Sample(name + "_bucket", [("le", "+Inf")], count);
        page.Sample(name + "_sum", [], Interlocked.Read(ref _microseconds) / 1e6);
        page.Sample(name + "_count", [], count);
    }
}

/// <summary>The text of one scrape.</summary>
internal sealed class MetricPage
{
    private readonly StringBuilder _text = new(4096);

    public void Family(string name, string type, string help) =>
        _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n')
            .Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    public void Sample(string name, ReadOnlySpan<(string Label, string Value)> labels, double value)
    {
        _text.Append(name);
        for (var i = 0; i < labels.Length; i++)
        {
            _text.Append(i == 0 ? '{' : ',').Append(labels[i].Label).Append("=\"")
                .Append(labels[i].Value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")).Append('"');
        }
        if (labels.Length > 0)
        {
            _text.Append('}');
        }

        _text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }

    public override string ToString() => _text.ToString();
}
