using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using NodeDns.Telemetry;

namespace NodeDns.Guard.Tests;

/// <summary>docs/metrics.md names what the guard counts, and docs/guard.md every reason with its remedy.</summary>
public sealed partial class MetricsPageTests
{
    [Fact]
    public void Every_metric_is_on_the_page_and_every_one_on_the_page_is_there()
    {
        var registry = new MetricRegistry();
        new GuardMetrics(registry, new GuardLog(NullLogger.Instance)).Watch(() => new GuardStatus());
        var text = new ArrayBufferWriter<byte>();
        registry.Write(text);
        var registered = TypeLine().Matches(Encoding.UTF8.GetString(text.WrittenSpan)).Select(m => m.Groups[1].Value).Order();
        var page = Lines("metrics.md").SkipWhile(line => line != "## The guard").SelectMany(line => Row().Matches(line))
            .Select(m => m.Groups[1].Value).Order();
        Assert.Equal(registered, page);
    }

    [Fact]
    public void Every_reason_is_on_the_page_and_every_one_on_the_page_is_there()
    {
        var page = Lines("guard.md").SkipWhile(line => line != "## Trouble").Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(line => Reason().Matches(line.Split('|')[1])).Select(m => m.Groups[1].Value).Order();
        Assert.Equal(ProblemReason.All.Order(), page);
    }

    private static string[] Lines(string page) => File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "docs", page));

    [GeneratedRegex(@"^# TYPE (\S+) ", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^\| `(\w+)` \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"`(\w+)`")]
    private static partial Regex Reason();
}
