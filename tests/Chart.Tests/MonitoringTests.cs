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

    [Fact]
    public void Half_a_chart_has_half_the_monitors() => Assert.Equal("nd-cache", Assert.Single(Rendered.With(
        "--set", "monitoring.serviceMonitor.enabled=true,webhook.enabled=false").All("ServiceMonitor"))
        .Text("metadata.name"));
}
