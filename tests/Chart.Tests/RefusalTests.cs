namespace NodeDns.Chart.Tests;

/// <summary>Values that cannot work are refused before anything is installed, by name.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("webhook.replicas=0", "replicas")]
    [InlineData("webhook.timeoutSeconds=31", "timeoutSeconds")]
    [InlineData("webhook.failurePolicy=ignore", "failurePolicy")]
    [InlineData("webhok.replicas=2", "webhok")]
    [InlineData("webhook.replica=2", "replica")]
    [InlineData("selection.percent=101", "percent")]
    [InlineData("selection.mode=all", "mode")]
    [InlineData("dns.fallback=clusterDNS", "fallback")]
    [InlineData("dns.localAddresses=169.254.20.10", "localAddresses")]
    [InlineData("dns.localAddresses={node-cache}", "localAddresses")]
    [InlineData("webhook.networkPolicy.ingress=x", "ingress")]
    [InlineData("monitoring.serviceMonitor.interval=often", "interval")]
    [InlineData("tls.mode=certmanager", "mode")]
    [InlineData("cache.memory=64MB", "memory")]
    [InlineData("cache.metricsPort=70000", "metricsPort")]
    [InlineData("cache.serveStale=yes", "serveStale")]
    [InlineData("guard.exitMode=drop", "exitMode")]
    [InlineData("guard.interface=a-name-too-long-for-a-link", "interface")]
    public void The_schema_names_the_value(string value, string named) =>
        Assert.Contains(named, Rendered.Refusal("--set", "dns.clusterDNS={10.96.0.10}", "--set", value),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("tls.mode=existingSecret", "tls.existingSecret is empty")]
    [InlineData("dns.localAddresses={10.96.0.10}", "the cache would ask itself")]
    [InlineData("guard.interceptClusterDNS={10.96.0.10}", "another way to cluster DNS")]
    [InlineData("guard.metricsPort=9253", "cache.metricsPort and guard.metricsPort are both 9253")]
    [InlineData("webhook.port=8080", "webhook.port and webhook.metricsPort are both 8080")]
    public void Two_values_that_do_not_go_together_are_named(string value, string said) =>
        Assert.Contains(said, Rendered.Refusal("--set", "dns.clusterDNS={10.96.0.10}", "--set", value),
            StringComparison.Ordinal);
}
