using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

public sealed class MonitoringTests
{
    [Fact]
    public void Nothing_of_the_prometheus_operator_is_there_by_default() =>
        Assert.Empty(Rendered.With().All("ServiceMonitor"));

    /// <summary>Selector and port names are those of a Service that is there, or nothing would be scraped.</summary>
    [Fact]
    public void Monitors_select_the_services_and_their_metrics_ports()
    {
        var rendered = Rendered.With("--set", "monitoring.serviceMonitor.enabled=true");
        Assert.Equal(["nd-cache", "nd-webhook"], rendered.All("ServiceMonitor").Select(m => m.Text("metadata.name")).Order());
        Assert.All(rendered.All("ServiceMonitor"), monitor =>
        {
            var service = rendered.One("Service", monitor.Text("metadata.name"));
            var labels = (JsonObject)service.At("metadata")!["labels"]!;
            Assert.All((JsonObject)monitor.At("spec.selector.matchLabels")!,
                wanted => Assert.Equal((string?)wanted.Value, (string?)labels[wanted.Key]));
            Assert.Equal(
                service.At("spec.ports")!.AsArray().Select(port => port!.Text("name"))
                    .Where(name => name.EndsWith("metrics", StringComparison.Ordinal)),
                monitor.At("spec.endpoints")!.AsArray().Select(endpoint => endpoint!.Text("port")));
            Assert.Equal(["node-dns"], monitor.Strings("spec.namespaceSelector.matchNames"));
            Assert.Equal("/metrics", monitor.Text("spec.endpoints.0.path"));
            Assert.Null(monitor.At("spec.endpoints.0.interval"));
        });
    }

    [Fact]
    public void Interval_and_labels_are_the_operators_own()
    {
        var monitor = Rendered.With(
            "--set", "monitoring.serviceMonitor.enabled=true,monitoring.serviceMonitor.interval=15s",
            "--set", "monitoring.serviceMonitor.labels.release=prometheus").One("ServiceMonitor", "nd-webhook");
        Assert.Equal("15s", monitor.Text("spec.endpoints.0.interval"));
        Assert.Equal("prometheus", monitor.Text("metadata.labels.release"));
    }

    [Theory]
    [InlineData("serviceMonitor")]
    [InlineData("podMonitor")]
    public void With_a_monitor_pods_are_not_annotated_to_be_scraped_again(string monitor)
    {
        Assert.Contains("prometheus.io/scrape", Rendered.With().Text, StringComparison.Ordinal);
        Assert.DoesNotContain("prometheus.io/", Rendered.With("--set", $"monitoring.{monitor}.enabled=true").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pod_monitor_gives_each_container_of_the_nodes_network_its_port()
    {
        var rendered = Rendered.With("--set", "monitoring.podMonitor.enabled=true,monitoring.podMonitor.interval=30s");
        Assert.Equal("metrics", rendered.One("PodMonitor", "nd-webhook").Text("spec.podMetricsEndpoints.0.port"));
        var endpoints = rendered.One("PodMonitor", "nd-cache").At("spec.podMetricsEndpoints")!.AsArray();
        Assert.Equal(["cache $1:9253", "guard $1:9254"], endpoints.Select(e => e!.Text("relabelings.0.regex") + " " + e!.Text("relabelings.1.replacement")));
        Assert.All(endpoints, e => Assert.Equal("30s", e!.Text("interval")));
    }

    [Theory]
    [InlineData("serviceMonitor", "endpoints")]
    [InlineData("podMonitor", "podMetricsEndpoints")]
    public void Every_value_of_a_monitor_reaches_it(string key, string endpoints)
    {
        var kind = char.ToUpperInvariant(key[0]) + key[1..];
        var monitor = Rendered.With("--set", $"monitoring.{key}.enabled=true,monitoring.{key}.namespace=monitoring,monitoring.{key}.interval=1m",
            "--set", $"monitoring.{key}.scrapeTimeout=30s,monitoring.{key}.labels.a=b,monitoring.{key}.annotations.c=d,monitoring.{key}.honorLabels=true",
            "--set-json", $$"""monitoring.{{key}}.relabelings=[{"targetLabel":"cluster","replacement":"one"}]""",
            "--set-json", $$"""monitoring.{{key}}.metricRelabelings=[{"action":"drop","regex":"go_.*"}]""").One(kind, "nd-webhook");
        Assert.Equal("monitoring", monitor.Text("metadata.namespace"));
        Assert.Equal("b", monitor.Text("metadata.labels.a"));
        Assert.Equal("d", monitor.Text("metadata.annotations.c"));
        var endpoint = monitor.At($"spec.{endpoints}.0")!;
        Assert.Equal("1m", endpoint.Text("interval"));
        Assert.Equal("30s", endpoint.Text("scrapeTimeout"));
        Assert.Equal("true", endpoint.Text("honorLabels"));
        Assert.Equal("cluster", endpoint.Text("relabelings.0.targetLabel"));
        Assert.Equal("drop", endpoint.Text("metricRelabelings.0.action"));
        Assert.Equal(["node-dns"], monitor.Strings("spec.namespaceSelector.matchNames"));
    }

    [Fact]
    public void Half_a_chart_has_half_the_monitors() => Assert.Equal("nd-cache", Assert.Single(Rendered.With(
        "--set", "monitoring.serviceMonitor.enabled=true,webhook.enabled=false").All("ServiceMonitor"))
        .Text("metadata.name"));
}
