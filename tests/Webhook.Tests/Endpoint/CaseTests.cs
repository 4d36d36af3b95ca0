using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Endpoint;

/// <summary>Each pair of files in cases/ through the real endpoint; see cases/README.md.</summary>
public sealed partial class CaseTests
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "cases");

    public static TheoryData<string> Names() =>
        [.. Directory.GetFiles(s_folder, "*.in.json").Select(path => Path.GetFileName(path)[..^".in.json".Length])
            .Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Case_is_answered_as_its_file_says(string name)
    {
        using var certificates = new TestCertificates();
        await using var webhook = await RunningWebhook.StartAsync(certificates, Arguments(name));
        await webhook.CacheProbedAsync();
        var review = await File.ReadAllTextAsync(Path.Combine(s_folder, name + ".in.json"));

        using var message = await webhook.PostAsync(review);

        Assert.Equal(HttpStatusCode.OK, message.StatusCode);
        var answer = JsonNode.Parse(await message.Content.ReadAsStringAsync())!;
        var expected = JsonNode.Parse(
            (await File.ReadAllTextAsync(Path.Combine(s_folder, name + ".out.json")))
                .Replace("VERSION", InjectionStatus.Version))!;
        var readable = answer.DeepClone();
        if (Pods.Patch(answer) is { } patch)
        {
            readable["response"]!["patch"] = patch;
        }

        Assert.Equal(expected.ToJsonString(), readable.ToJsonString());
        OnlyOurPathsChange(JsonNode.Parse(review)!["request"]!["object"], answer);
        await IsCountedAndLoggedAsync(webhook, answer);
    }

    [Fact]
    public void Every_case_of_the_research_has_a_pair() =>
        Assert.Equal(
            Enumerable.Range(1, 58).Select(number => $"{number:00}"),
            Directory.GetFiles(s_folder, "*.out.json").Select(path => Path.GetFileName(path)[..2])
                .Where(number => string.CompareOrdinal(number, "58") <= 0).Distinct().Order());

    [Fact]
    public void Every_reason_has_a_case_or_a_test_of_its_own()
    {
        // Canary and the namespaces' labels: SelectionTests, NamespaceWatchTests; the last two: SafetyNetTests.
        string[] elsewhere = ["canary", "namespace-opted-out", "not-opted-in", "result-invalid", "internal-error"];
        Assert.Equal(
            SkipReasons.Names.Order(),
            Directory.GetFiles(s_folder, "*.out.json").Select(path => JsonNode.Parse(File.ReadAllText(path))!.Reason())
                .OfType<string>().Concat(elsewhere).Distinct().Order());
    }

    /// <summary>Once, and as one thing.</summary>
    private static async Task IsCountedAndLoggedAsync(RunningWebhook webhook, JsonNode answer)
    {
        var decision = (string)answer["response"]!["auditAnnotations"]!["decision"]!;
        var series = answer.Reason() is { } reason
            ? $"nodedns_webhook_{decision}_total{{reason=\"{reason}\"}}"
            : $"nodedns_webhook_{decision}_total";
        var metrics = await webhook.GetAsync("/metrics");
        Assert.Equal(
            [$"{series} 1"],
            metrics.Split('\n').Where(line => CountPattern().IsMatch(line) && !line.EndsWith(" 0")));
        Assert.Contains($" {decision}: namespace=", webhook.Log.ToString());
        Assert.Contains(answer.Reason() is null ? "" : $" reason={answer.Reason()} (", webhook.Log.ToString());
    }

    [GeneratedRegex("^nodedns_webhook_(injected|skipped|undone)_total[ {]")]
    private static partial Regex CountPattern();

    private static void OnlyOurPathsChange(JsonNode? pod, JsonNode answer)
    {
        if (pod is null)
        {
            return;
        }

        var patched = Pods.Apply(pod, answer);
        foreach (var side in new[] { pod, patched })
        {
            if (side["spec"] is JsonObject spec)
            {
                spec.Remove("dnsPolicy");
                spec.Remove("dnsConfig");
            }
            if (side["metadata"] is not JsonObject metadata)
            {
                continue;
            }

            (metadata["annotations"] as JsonObject)?.Remove("nodedns.io/status");
            if (metadata["annotations"] is null or JsonObject { Count: 0 })
            {
                metadata.Remove("annotations");
            }
        }
        Assert.Equal(pod.ToJsonString(), patched.ToJsonString());
    }

    private static string Arguments(string name)
    {
        var path = Path.Combine(s_folder, name + ".args");
        return File.Exists(path) ? File.ReadAllText(path).Trim().Replace("cases/", s_folder + "/") : "";
    }
}
