using System.Text.RegularExpressions;
using Xunit;

namespace NodeDns.Cache.Tests.Telemetry;

/// <summary>docs/metrics.md against the scrape of a running `serve`.</summary>
public sealed partial class MetricsPageTests(LiveServer server) : IClassFixture<LiveServer>
{
    /// <summary>Only a template that the Corefile check lets through by mistake makes this one.</summary>
    private static readonly string[] s_rare = ["coredns_template_template_failures_total"];

    private sealed record Metric(string Type, string Labels);

    [Fact]
    public void Every_metric_of_a_scrape_is_on_the_page_with_its_type_and_labels()
    {
        SortedDictionary<string, Metric> page = Page(), scrape = Scraped();
        Assert.Empty(scrape.Keys.Except(page.Keys));
        foreach ((var name, var metric) in scrape)
        {
            Assert.Equal((name, page[name]), (name, metric));
        }
    }

    [Fact]
    public void Every_metric_of_the_page_is_in_a_scrape() =>
        Assert.Equal(s_rare, Page().Keys.Except(Scraped().Keys));

    private static SortedDictionary<string, Metric> Page()
    {
        var metrics = new SortedDictionary<string, Metric>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(Path.Combine(Repository(), "docs/metrics.md")))
        {
            if (Row().Match(line) is not { Success: true } row)
            {
                continue;
            }

            var labels = string.Join(", ", row.Groups[3].Value.Split(", ").Select(label => label.Trim()).Order());
            metrics.Add(row.Groups[1].Value, new Metric(row.Groups[2].Value, labels));
        }
        return metrics;
    }

    private SortedDictionary<string, Metric> Scraped()
    {
        var text = server.Scrape();
        var metrics = new SortedDictionary<string, Metric>(StringComparer.Ordinal);
        foreach (Match type in TypeLine().Matches(text))
        {
            var name = type.Groups[1].Value;
            var sample = type.Groups[2].Value == "histogram" ? $"{name}_count" : name;
            var labels = new SortedSet<string>(StringComparer.Ordinal);
            foreach (Match line in Regex.Matches(text, $@"^{sample}(\{{.*\}})? ", RegexOptions.Multiline))
            {
                labels.UnionWith(Label().Matches(line.Groups[1].Value).Select(label => label.Groups[1].Value));
            }

            metrics.Add(name, new Metric(type.Groups[2].Value, string.Join(", ", labels)));
        }
        return metrics;
    }

    private static string Repository()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "NodeDnsWebhook.sln")))
        {
            directory = Path.GetDirectoryName(directory)!;
        }

        return directory;
    }

    [GeneratedRegex(@"^\| `(\w+)` \| (\w+) \| ([^|]*)\|")]
    private static partial Regex Row();

    [GeneratedRegex(@"^# TYPE (\S+) (\S+)$", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex("""(\w+)="(?:[^"\\]|\\.)*"(?:,|\})""")]
    private static partial Regex Label();
}
