using System.Buffers;
using System.Text;
using NodeDns.Telemetry;
using Xunit;

namespace NodeDns.Cache.Tests.Telemetry;

public class MetricRegistryTests
{
    private readonly MetricRegistry _registry = new();

    [Fact]
    public void Scrape_sums_what_each_worker_counted()
    {
        var slot = _registry.Counter("a_total", "A.", ("x", "1"));
        var first = _registry.AttachWorker();
        var second = _registry.AttachWorker();
        first.Increment(slot);
        second.Add(slot, 41);
        Assert.Equal("# HELP a_total A.\n# TYPE a_total counter\na_total{x=\"1\"} 42\n", Scrape());
    }

    [Fact]
    public void Same_name_and_labels_keep_their_slot_so_that_counts_survive_a_reload()
    {
        var before = _registry.Counter("a_total", "A.", ("x", "1"));
        _registry.Increment(before);
        Assert.Equal(before, _registry.Counter("a_total", "A.", ("x", "1")));
        Assert.NotEqual(before, _registry.Counter("a_total", "A.", ("x", "2")));
        Assert.Contains("a_total{x=\"1\"} 1\na_total{x=\"2\"} 0\n", Scrape(), StringComparison.Ordinal);
    }

    [Fact]
    public void Table_shows_a_series_once_it_has_counted_and_labels_it_by_its_indexes()
    {
        var first = _registry.CounterTable(
            "t_total", "T.", [("z", ".")], new MetricDimension("a", ["p", "q"]), new MetricDimension("b", ["r", "s"]));
        Assert.Equal("", Scrape());
        _registry.Increment(first + 1 * 2 + 0);
        Assert.EndsWith("counter\nt_total{z=\".\",a=\"q\",b=\"r\"} 1\n", Scrape(), StringComparison.Ordinal);
    }

    [Fact]
    public void Histogram_is_cumulative_and_its_sum_is_in_seconds()
    {
        var slot = _registry.HistogramTable(
            "h_seconds", "H.", MetricNames.TimeBuckets, MetricUnit.Nanoseconds, [("z", ".")]);
        var worker = _registry.AttachWorker();
        worker.ObserveTime(slot, 200_000);
        worker.ObserveTime(slot, 300_000);
        worker.ObserveTime(slot, 9_500_000_000);
        var text = Scrape();
        Assert.Contains("h_seconds_bucket{z=\".\",le=\"0.00025\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("h_seconds_bucket{z=\".\",le=\"0.0005\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("h_seconds_bucket{z=\".\",le=\"8.192\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("h_seconds_bucket{z=\".\",le=\"+Inf\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains("h_seconds_sum{z=\".\"} 9.5005\n", text, StringComparison.Ordinal);
        Assert.EndsWith("h_seconds_count{z=\".\"} 3\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Old_and_new_forward_names_show_the_same_counts()
    {
        var metrics = new ForwardMetrics(_registry, "10.96.0.10:53");
        var worker = _registry.AttachWorker();
        metrics.Request(worker);
        metrics.Response(worker, 3, 1_000_000);
        metrics.ConnectionOpened(worker, UpstreamProto.Tcp);
        metrics.HealthFailure(worker);
        var text = Scrape();
        foreach (var line in new[]
        {
            "coredns_forward_requests_total{to=\"10.96.0.10:53\"} 1\n",
            "coredns_forward_responses_total{to=\"10.96.0.10:53\",rcode=\"NXDOMAIN\"} 1\n",
            "coredns_forward_request_duration_seconds_count{to=\"10.96.0.10:53\",rcode=\"NXDOMAIN\"} 1\n",
            "coredns_proxy_request_duration_seconds_count"
                + "{proxy_name=\"forward\",to=\"10.96.0.10:53\",rcode=\"NXDOMAIN\"} 1\n",
            "coredns_proxy_conn_cache_misses_total{proxy_name=\"forward\",to=\"10.96.0.10:53\",proto=\"tcp\"} 1\n",
            "coredns_forward_conn_cache_misses_total{to=\"10.96.0.10:53\",proto=\"tcp\"} 1\n",
            "coredns_proxy_healthcheck_failures_total{proxy_name=\"forward\",to=\"10.96.0.10:53\"} 1\n",
            "coredns_forward_healthcheck_failures_total{to=\"10.96.0.10:53\"} 1\n",
        })
        {
            Assert.Contains(line, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Server_counts_a_request_and_its_reply_under_all_labels()
    {
        var metrics = new ServerMetrics(_registry, "dns://169.254.20.10:53", "cluster.local.");
        metrics.Count(
            _registry.AttachWorker(), tcp: true, ipv6: true, qtype: 28, dnssecOk: true, requestSize: 60, rcode: 0,
            AnsweredBy.Cache, responseSize: 120, nanoseconds: 20_000);
        var text = Scrape();
        const string zone = "server=\"dns://169.254.20.10:53\",zone=\"cluster.local.\",view=\"\"";
        foreach (var line in new[]
        {
            $"coredns_dns_requests_total{{{zone},proto=\"tcp\",family=\"2\",type=\"AAAA\"}} 1\n",
            $"coredns_dns_responses_total{{{zone},rcode=\"NOERROR\",plugin=\"cache\"}} 1\n",
            $"coredns_dns_do_requests_total{{{zone}}} 1\n",
            $"coredns_dns_request_duration_seconds_count{{{zone}}} 1\n",
            $"coredns_dns_request_size_bytes_bucket{{{zone},proto=\"tcp\",le=\"0\"}} 0\n",
            $"coredns_dns_request_size_bytes_bucket{{{zone},proto=\"tcp\",le=\"100\"}} 1\n",
            $"coredns_dns_response_size_bytes_sum{{{zone},proto=\"tcp\"}} 120\n",
        })
        {
            Assert.Contains(line, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_bucket_index_agrees_with_its_bounds()
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var nanoseconds = random.NextInt64(1L << random.Next(1, 36));
            Assert.Equal(
                new TimeBucketScale(MetricNames.TimeBuckets).IndexOf(nanoseconds), TimeBucket.IndexOf(nanoseconds));
            var bytes = random.Next(70_000);
            var index = Array.FindIndex(MetricNames.SizeBuckets, bound => bytes <= bound);
            Assert.Equal(index < 0 ? MetricNames.SizeBuckets.Length : index, SizeBucket.IndexOf(bytes));
        }
    }

    [Fact]
    public void Label_values_and_help_are_escaped()
    {
        _registry.Counter("a_total", "back\\slash\nline", ("x", "q\"\\\n"));
        var text = Scrape();
        Assert.Contains("# HELP a_total back\\\\slash\\nline\n", text, StringComparison.Ordinal);
        Assert.Contains("a_total{x=\"q\\\"\\\\\\n\"} 0\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Info_replaces_all_its_series()
    {
        _registry.Info("i", "I.", [[("name", "cache")], [("name", "forward")]]);
        _registry.Info("i", "I.", [[("name", "hosts")]]);
        Assert.Equal("# HELP i I.\n# TYPE i gauge\ni{name=\"hosts\"} 1\n", Scrape());
    }

    [Fact]
    public void Series_beyond_the_capacity_are_counted_nowhere_and_break_nothing()
    {
        var wide = new MetricDimension("x", [.. Enumerable.Range(0, 16_000).Select(n => $"{n}")]);
        var last = 0;
        for (var i = 0; i < 70; i++)
        {
            last = _registry.CounterTable("many_total", "M.", [("i", $"{i}")], wide);
        }

        _registry.AttachWorker().Increment(last + 15_999);
        Assert.Equal(0, last);
        Assert.Equal("", Scrape());
    }

    [Fact]
    public void Process_metrics_are_plausible()
    {
        ProcessMetrics.Register(_registry);
        var values = Scrape().Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#')
            .ToDictionary(line => line.Split(' ')[0], line => double.Parse(line.Split(' ')[1]));
        Assert.InRange(values["process_resident_memory_bytes"], 1e6, 1e11);
        Assert.InRange(values["go_goroutines"], 2, 1000);
        Assert.InRange(values["process_open_fds"], 3, values["process_max_fds"]);
        double now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        Assert.InRange(values["process_start_time_seconds"], now - 86_400, now + 2);
        Assert.True(values["process_cpu_seconds_total"] > 0);
        Assert.True(values["dotnet_gc_allocated_bytes_total"] > 0);
        Assert.Contains("dotnet_gc_collections_total{generation=\"2\"}", values.Keys);
    }

    private string Scrape()
    {
        var buffer = new ArrayBufferWriter<byte>();
        _registry.Write(buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
