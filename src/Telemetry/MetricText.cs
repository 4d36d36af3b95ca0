using System.Buffers;
using System.Globalization;
using System.Text;

namespace NodeDns.Telemetry;

/// <summary>Writes Prometheus' text format 0.0.4.</summary>
internal ref struct MetricText(IBufferWriter<byte> output)
{
    private readonly StringBuilder _lines = new(8192);

    public readonly void Head(string name, string help, MetricKind kind)
    {
        var type = kind switch
        {
            MetricKind.Counter => "counter",
            MetricKind.Gauge => "gauge",
            _ => "histogram",
        };
        _lines.Append("# HELP ").Append(name).Append(' ');
        _lines.Append(
            help.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal));
        _lines.Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    public void Sample(string name, string suffix, string labels, string bound, long value)
    {
        Series(name, suffix, labels, bound);
        _lines.Append(CultureInfo.InvariantCulture, $"{value}\n");
        FlushWhenLarge();
    }

    public void Sample(string name, string suffix, string labels, string bound, double value)
    {
        Series(name, suffix, labels, bound);
        _lines.Append(Number(value)).Append('\n');
        FlushWhenLarge();
    }

    public readonly void Flush()
    {
        foreach (var chunk in _lines.GetChunks())
        {
            Encoding.UTF8.GetBytes(chunk.Span, output);
        }

        _lines.Clear();
    }

    /// <summary>The text between the braces, <c>a="1",b="2"</c>, with escaped values.</summary>
    public static string Labels(params ReadOnlySpan<(string Label, string Value)> labels)
    {
        var text = new StringBuilder();
        foreach ((var label, var value) in labels)
        {
            if (text.Length > 0)
            {
                text.Append(',');
            }

            text.Append(label).Append("=\"");
            foreach (var c in value)
            {
                _ = c switch
                {
                    '\\' => text.Append(@"\\"),
                    '"' => text.Append("\\\""),
                    '\n' => text.Append(@"\n"),
                    _ => text.Append(c),
                };
            }

            text.Append('"');
        }
        return text.ToString();
    }

    /// <summary>Formats a bucket's bound as Go's client does, because this text identifies the series.</summary>
    public static string Bound(double bound) => bound.ToString("R", CultureInfo.InvariantCulture);

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private readonly void Series(string name, string suffix, string labels, string bound)
    {
        _lines.Append(name).Append(suffix);
        if (labels.Length + bound.Length > 0)
        {
            _lines.Append('{').Append(labels);
            if (bound.Length > 0)
            {
                _lines.Append(labels.Length > 0 ? "," : "").Append("le=\"").Append(bound).Append('"');
            }

            _lines.Append('}');
        }
        _lines.Append(' ');
    }

    private readonly void FlushWhenLarge()
    {
        if (_lines.Length > 7000)
        {
            Flush();
        }
    }
}
