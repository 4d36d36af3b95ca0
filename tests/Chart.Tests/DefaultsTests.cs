namespace NodeDns.Chart.Tests;

/// <summary>The chart with nothing set but the address of cluster DNS.</summary>
public sealed class DefaultsTests
{
    private static readonly string s_snapshot =
        Path.Combine(Tool.Checkout, "tests", "Chart.Tests", "Snapshots", "defaults.yaml");

    /// <summary>After a change that is wanted: UPDATE_SNAPSHOTS=1 and run this test again.</summary>
    [Fact]
    public void Defaults_render_as_the_snapshot_says()
    {
        var text = Rendered.With().Text;
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") is { Length: > 0 })
        {
            File.WriteAllText(s_snapshot, text);
        }

        Assert.Equal(File.ReadAllText(s_snapshot), text);
    }

    [Fact]
    public void Lint_finds_nothing()
    {
        var lint = Rendered.Lint("--set", "dns.clusterDNS={10.96.0.10}");
        Assert.True(lint.ExitCode == 0, lint.Output + lint.Error);
    }

    public static TheoryData<string> ValuesFiles =>
        [.. Directory.GetFiles(Path.Combine(Tool.ChartFolder, "ci"), "*.yaml").Select(f => Path.GetFileName(f)).Order()];

    [Theory]
    [MemberData(nameof(ValuesFiles))]
    public void Every_example_of_values_lints_and_renders(string file)
    {
        var path = Path.Combine(Tool.ChartFolder, "ci", file);
        var lint = Rendered.Lint("--values", path);
        Assert.True(lint.ExitCode == 0, lint.Output + lint.Error);
        Assert.NotEmpty(Rendered.Exactly("1.36.3", "--values", path).Objects);
    }

    [Fact]
    public void Every_object_of_a_namespace_names_it_and_every_object_is_labelled()
    {
        string[] clusterWide = ["MutatingWebhookConfiguration", "ClusterRole", "ClusterRoleBinding"];
        Assert.All(Rendered.With(
            "--set", "selection.namespaceSettings=true,webhook.networkPolicy.enabled=true",
            "--set", "monitoring.serviceMonitor.enabled=true").Objects, o =>
        {
            Assert.Equal(clusterWide.Contains(o.Text("kind")) ? "" : "node-dns", o.Text("metadata.namespace"));
            Assert.Equal("nd", (string?)o["metadata"]!["labels"]!["app.kubernetes.io/instance"]);
        });
    }

    [Fact]
    public void Without_cluster_dns_and_without_a_cluster_the_message_says_what_to_set() =>
        Assert.Contains("set dns.clusterDNS", Rendered.Refusal(), StringComparison.Ordinal);

    [Fact]
    public void Either_half_can_be_left_out()
    {
        Assert.DoesNotContain(Rendered.With("--set", "webhook.enabled=false").Objects,
            o => o.Text("metadata.name").StartsWith("nd-webhook", StringComparison.Ordinal));
        Assert.DoesNotContain(Rendered.With("--set", "cache.enabled=false").Objects,
            o => o.Text("metadata.name").StartsWith("nd-cache", StringComparison.Ordinal));
    }

    /// <summary>Whichever template Helm takes first, values are complete and checked in it.</summary>
    [Fact]
    public void Every_template_begins_with_the_start()
    {
        var templates = Directory.GetFiles(Path.Combine(Tool.ChartFolder, "templates"), "*", SearchOption.AllDirectories)
            .Where(file => !Path.GetFileName(file).StartsWith('_'));
        Assert.All(templates, file => Assert.StartsWith("{{- include \"ndw.start\" . }}", File.ReadAllText(file), StringComparison.Ordinal));
    }
}
