namespace NodeDns.Chart.Tests;

/// <summary>The chart as a dependency of another one.</summary>
public sealed class SubchartTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("parent-chart").FullName;

    public SubchartTests()
    {
        Directory.CreateDirectory(Path.Combine(_parent, "charts"));
        Directory.CreateDirectory(Path.Combine(_parent, "templates"));
        Directory.CreateSymbolicLink(Path.Combine(_parent, "charts", "node-dns-webhook"), Tool.ChartFolder);
        File.WriteAllText(Path.Combine(_parent, "Chart.yaml"), """
            apiVersion: v2
            name: platform
            version: 1.0.0
            dependencies:
              - {name: node-dns-webhook, version: 0.1.0, condition: node-dns-webhook.enabled}
            """);
    }

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    private Rendered Render(string values)
    {
        File.WriteAllText(Path.Combine(_parent, "values.yaml"), values);
        return Rendered.OfChart(_parent, "--skip-schema-validation=false");
    }

    [Fact]
    public void A_condition_of_the_parent_switches_it_on_and_off()
    {
        Assert.NotEmpty(Render("node-dns-webhook: {enabled: true, dns: {clusterDNS: [10.96.0.10]}}").Objects);
        Assert.Empty(Render("node-dns-webhook: {enabled: false}").Objects);
    }

    [Fact]
    public void Global_registry_and_pull_secrets_are_used_where_the_chart_has_none()
    {
        var rendered = Render("""
            global: {imageRegistry: registry.example:5000, imagePullSecrets: [pull, {name: other}], somethingElse: 1}
            node-dns-webhook: {dns: {clusterDNS: [10.96.0.10]}}
            """);
        Assert.Equal("registry.example:5000/node-dns-webhook:0.1.0", rendered.One("Deployment", "nd-webhook").Container("webhook").Text("image"));
        Assert.Equal("registry.example:5000/node-dns-cache:0.1.0", rendered.One("DaemonSet", "nd-cache").Container("guard").Text("image"));
        Assert.Equal("pull", rendered.One("DaemonSet", "nd-cache").Text("spec.template.spec.imagePullSecrets.0.name"));
        Assert.Equal("other", rendered.One("Pod", "nd-webhook-test").Text("spec.imagePullSecrets.1.name"));
        Assert.StartsWith("own.example/", Render("""
            global: {imageRegistry: registry.example}
            node-dns-webhook: {image: {registry: own.example}, dns: {clusterDNS: [10.96.0.10]}}
            """).One("Deployment", "nd-webhook").Container("webhook").Text("image"), StringComparison.Ordinal);
    }

    [Fact]
    public void Null_in_the_parents_values_means_the_default_too() => Assert.Equal(
        Render("node-dns-webhook: {dns: {clusterDNS: [10.96.0.10]}}").Text,
        Render("global: null\nnode-dns-webhook: {dns: {clusterDNS: [10.96.0.10]}, webhook: null, cache: {image: null, memory: null, resources: null}, guard: {rules: null}}").Text);
}
