using System.Text.RegularExpressions;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Options;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Docs;

/// <summary>The pages under docs/ say what the program does.</summary>
public sealed partial class DocsTests
{
    [Fact]
    public void Options_page_is_the_option_table() =>
        Assert.Equal(
            OptionTable.All.Select(option => $"--{option.Name}: {option.Meaning}"),
            Rows("options.md").Where(row => row[0].StartsWith("--", StringComparison.Ordinal))
                .Select(row => $"{row[0]}: {row[2]}"));

    [Fact]
    public void Options_page_has_the_defaults() =>
        Assert.Equal(
            OptionTable.All.Select(option => option.Default.Length > 0 ? option.Default : "none"),
            Rows("options.md").Where(row => row[0].StartsWith("--", StringComparison.Ordinal)).Select(row => row[1]));

    [Fact]
    public void Annotations_page_lists_every_reason() =>
        Assert.Equal(
            Enum.GetValues<SkipReason>().Select(reason => $"{reason.Name()}: {reason.Explain()}"),
            Rows("annotations.md").Where(row => SkipReasons.Names.Contains(row[0]))
                .Select(row => $"{row[0]}: {row[1]}"));

    /// <summary>Each annotation of the page, with a value the page allows, is honoured without a warning, and with one
    /// that it does not allow is warned of; so is a name that is not on the page.</summary>
    [Fact]
    public void Annotations_page_lists_what_is_understood()
    {
        var rows = Rows("annotations.md")
            .Where(row => row.Length == 3 && row[0].StartsWith(DnsAnnotations.Prefix, StringComparison.Ordinal));
        foreach (var row in rows)
        {
            (var good, var bad) = row[1] switch
            {
                "name[:value],…" => ("rotate,ndots:6", "no_such!"),
                "domains, by commas" => ("corp.example,lab.example", "Not_A_Domain"),
                string range when RangePattern().Match(range) is { Success: true } match =>
                    (match.Groups[2].Value, (int.Parse(match.Groups[2].Value) + 1).ToString()),
                string words => (words.Split(", ")[0], "neither"),
            };
            var onNamespace = row[0] == "nodedns.io/percent";
            Assert.Empty(Read(row[0], good, onNamespace));
            Assert.Contains(row[0], Assert.Single(Read(row[0], bad, onNamespace)));
        }
        Assert.Single(Read("nodedns.io/no-such-annotation", "x", onNamespace: false));
    }

    [Fact]
    public async Task Metrics_page_lists_what_is_scraped()
    {
        using var certificates = new TestCertificates();
        await using var webhook =
            await RunningWebhook.StartAsync(certificates, "--local-address 127.0.0.1 --probe true --probe-port 9");
        var page = await webhook.GetAsync("/metrics");

        Assert.Equal(
            Rows("metrics-webhook.md").Skip(1).Where(row => row.Length == 4).Select(row => $"{row[0]} {row[1]}")
                .Order(),
            TypePattern().Matches(page).Select(match => $"{match.Groups[1]} {match.Groups[2]}").Order());
        var labelled =
            Rows("metrics-webhook.md").Where(row => row is [.., not "labels", _] && row[2].Length > 0);
        foreach (var row in labelled)
        {
            var sample = page.Split('\n').First(line => line.StartsWith(row[0] + "{", StringComparison.Ordinal));
            Assert.Equal(row[2].Split(", "), LabelPattern().Matches(sample).Select(match => match.Groups[1].Value));
        }
    }

    private static IReadOnlyList<string> Read(string name, string value, bool onNamespace)
    {
        var warnings = new Warnings();
        var model = new DnsModel { LocalAddresses = [], ClusterDns = [], ClusterDomain = "", HostSearches = [] };
        DnsAnnotations.Read(Pods.View($$"""{"{{name}}":"{{value}}"}"""), model, onNamespace, warnings);
        return warnings.Texts;
    }

    /// <summary>The cells of every table row, without code marks.</summary>
    private static IEnumerable<string[]> Rows(string page) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "docs", page))
            .Where(line => line.StartsWith('|') && !line.StartsWith("|---", StringComparison.Ordinal))
            .Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim().Replace("`", "")).ToArray());

    [GeneratedRegex(@"^(\d+) to (\d+)$")]
    private static partial Regex RangePattern();

    [GeneratedRegex(@"^# TYPE (\S+) (\S+)$", RegexOptions.Multiline)]
    private static partial Regex TypePattern();

    [GeneratedRegex(@"[{,](\w+)=""")]
    private static partial Regex LabelPattern();
}
