using System.Globalization;
using NodeDns.Bench.Peers;

namespace NodeDns.Bench.Measuring;

/// <summary>The unlabelled and labelled sums of a Prometheus scrape, by metric name.</summary>
internal sealed class MetricsSnapshot
{
    private readonly Dictionary<string, double> _sums = [];

    private MetricsSnapshot(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            var value = line.LastIndexOf(' ');
            if (value <= 0 || line[0] == '#')
            {
                continue;
            }

            var name = line[..line.AsSpan().IndexOfAny('{', ' ')];
            if (double.TryParse(line.AsSpan(value + 1), CultureInfo.InvariantCulture, out var number))
            {
                _sums[name] = _sums.GetValueOrDefault(name) + number;
            }
        }
    }

    public double? this[string metric] => _sums.TryGetValue(metric, out var sum) ? sum : null;

    /// <returns>null when the peer is absent or gives no metrics.</returns>
    public static MetricsSnapshot? Of(Peer? peer)
    {
        if (peer?.MetricsPort is not { } port)
        {
            return null;
        }

        try
        {
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
            return new MetricsSnapshot(http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics")).Result);
        }
        catch (AggregateException)
        {
            return null;
        }
    }
}
