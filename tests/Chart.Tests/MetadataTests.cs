using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

/// <summary>Labels, annotations and what changes pods.</summary>
public sealed class MetadataTests
{
    private static JsonObject Workload(Rendered rendered, string component) =>
        component == "cache" ? rendered.One("DaemonSet", "nd-cache") : rendered.One("Deployment", "nd-webhook");

    [Theory]
    [InlineData("cache")]
    [InlineData("webhook")]
    public void What_the_user_says_of_a_label_or_annotation_of_ours_counts(string component)
    {
        var template = Workload(Rendered.With(
            "--set", $@"{component}.podAnnotations.prometheus\.io/scrape=false",
            "--set", $@"{component}.podAnnotations.prometheus\.io/port=null",
            "--set", $@"{component}.podLabels.app\.kubernetes\.io/component=dns",
            "--set", $@"{component}.podLabels.nodedns\.io/inject=enabled",
            "--set", $@"{component}.podLabels.app\.kubernetes\.io/instance=nd"), component).At("spec.template.metadata")!;
        Assert.Equal("false", (string?)template["annotations"]!["prometheus.io/scrape"]);
        Assert.False(template["annotations"]!.AsObject().ContainsKey("prometheus.io/port"));
        Assert.Equal("dns", (string?)template["labels"]!["app.kubernetes.io/component"]);
        Assert.Equal("enabled", (string?)template["labels"]!["nodedns.io/inject"]);
    }

    [Fact]
    public void Numbers_and_booleans_become_text()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "cache: {podAnnotations: {a: 1000000, b: true, c: 1.5}, podLabels: {d: 7}}");
        try
        {
            var template = Workload(Rendered.With("--values", path), "cache").At("spec.template.metadata")!;
            Assert.Equal("1000000", (string?)template["annotations"]!["a"]);
            Assert.Equal("true", (string?)template["annotations"]!["b"]);
            Assert.Equal("1.5", (string?)template["annotations"]!["c"]);
            Assert.Equal("7", (string?)template["labels"]!["d"]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("cache.podLabels")]
    [InlineData("webhook.podLabels")]
    [InlineData("commonLabels")]
    public void A_label_that_pods_are_selected_by_cannot_be_another(string values)
    {
        var refusal = Rendered.Refusal("--set", "dns.clusterDNS={10.96.0.10}", "--set", values + @".app\.kubernetes\.io/name=mine");
        Assert.Contains(values, refusal, StringComparison.Ordinal);
        Assert.Contains("leave it out", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Common_labels_and_annotations_are_on_every_object_and_pod()
    {
        var rendered = Rendered.With("--set", "commonLabels.team=dns,commonAnnotations.owner=me",
            "--set", "selection.namespaceSettings=true,webhook.networkPolicy.enabled=true,resourceQuota.enabled=true");
        Assert.All(rendered.Objects, o =>
        {
            Assert.Equal("dns", o.Text("metadata.labels.team"));
            Assert.Equal("me", o.Text("metadata.annotations.owner"));
        });
        var templates = rendered.Objects.Where(o => o.At("spec.template") is not null).ToList();
        Assert.Contains(templates, o => o.Text("kind") == "Job");
        Assert.All(templates, o =>
        {
            Assert.Equal("dns", o.Text("spec.template.metadata.labels.team"));
            Assert.Equal("me", o.Text("spec.template.metadata.annotations.owner"));
        });
    }

    /// <summary>The API server takes texts only.</summary>
    [Theory]
    [InlineData("cache", "DaemonSet")]
    [InlineData("webhook", "Deployment")]
    public void A_tolerations_value_becomes_text(string component, string kind) => Assert.Contains("\"value\":\"true\"", Rendered.With(
        "--set-json", $$"""{{component}}.tolerations=[{"key":"a","value":true},{"key":"b","value":5},{"operator":"Exists"}]""")
        .One(kind, "nd-" + component).At("spec.template.spec.tolerations")!.ToJsonString(), StringComparison.Ordinal);

    /// <summary>The same chart under another version and appVersion, with the images pinned.</summary>
    [Fact]
    public void Another_version_of_the_chart_replaces_no_pod()
    {
        var folder = Directory.CreateTempSubdirectory("newer-chart").FullName;
        try
        {
            Assert.Equal(0, Tool.Run("cp", "-r", Tool.ChartFolder + "/.", folder).ExitCode);
            var chart = Path.Combine(folder, "Chart.yaml");
            File.WriteAllText(chart, File.ReadAllText(chart)
                .Replace("version: 0.1.0", "version: 0.2.0+build.7", StringComparison.Ordinal)
                .Replace("appVersion: 0.1.0", "appVersion: 0.2.0", StringComparison.Ordinal));
            string[] pinned = ["--set", "cache.image.tag=1,webhook.image.tag=1"];
            var now = Rendered.With(pinned);
            var newer = Rendered.OfChart(folder, pinned);
            Assert.All(new[] { "cache", "webhook" }, component => Assert.Equal(
                Workload(now, component)["spec"]!.ToJsonString(), Workload(newer, component)["spec"]!.ToJsonString()));
            Assert.Equal("node-dns-webhook-0.2.0_build.7",
                (string?)newer.One("DaemonSet", "nd-cache")["metadata"]!["labels"]!["helm.sh/chart"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("cache.successTtlSeconds=60")]
    [InlineData("cache.stubDomains.corp\\.example={10.1.0.53}")]
    [InlineData("cache.upstreamServers={9.9.9.9}")]
    public void A_corefile_that_is_read_again_replaces_no_pod(string value) => Assert.Equal(
        Rendered.With().One("DaemonSet", "nd-cache").ToJsonString(),
        Rendered.With("--set", value).One("DaemonSet", "nd-cache").ToJsonString());

    [Fact]
    public void A_corefile_that_nobody_reads_again_replaces_pods()
    {
        static string Template(string corefile) => Rendered.With("--set-string", "cache.corefile=" + corefile)
            .One("DaemonSet", "nd-cache").At("spec.template")!.ToJsonString();
        Assert.NotEqual(Template(".:53 {\n    whoami\n}"), Template(".:53 {\n    errors\n}"));
        Assert.NotEqual(Template(".:53 {\n    # reload\n    whoami\n}"), Template(".:53 {\n    # reload\n    errors\n}"));
        Assert.Equal(Template(".:53 {\n    reload\n    whoami\n}"), Template(".:53 {\n    reload 10s\n    errors\n}"));
    }
}
