using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace NodeDns.Chart.Tests.Policy;

/// <summary>Each of the webhook's cases ends the same under the policy, or is in the table of docs/engines.md, which says why not.</summary>
public sealed partial class PolicyCaseTests(Policies policies) : IClassFixture<Policies>
{
    public static TheoryData<string> Names => [.. PolicyCase.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Case_ends_as_with_the_webhook_or_is_a_named_difference(string name)
    {
        var @case = new PolicyCase(name);
        if (!@case.IsCreationOfPod)
        {
            Assert.False(@case.WebhookPatches, "the webhook changes what a policy is not asked about");
            return;
        }

        policies.Require("web", "plain");
        policies.Install(PolicyCase.Names.Select(PolicyCase.ValuesOf));
        var (policy, warnings) = policies.Create(@case.Values, @case.Pod);
        var (webhook, warningsOfPod) = policies.CreateWithout(@case.PodOfWebhook);
        Assert.Empty(policies.Errors());
        Assert.Equal(warningsOfPod, warnings);
        if (Differences().Contains(name))
        {
            Assert.NotEqual(Comparable(webhook), Comparable(policy));
        }
        else
        {
            Assert.Equal(Comparable(webhook), Comparable(policy));
        }
    }

    [Fact]
    public void Every_case_of_the_table_is_one() => Assert.Empty(Differences().Except(PolicyCase.Names));

    /// <summary>The cases that the table names in its last column.</summary>
    private static HashSet<string> Differences() => [.. File.ReadLines(Path.Combine(Tool.Checkout, "docs", "engines.md"))
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
        .SelectMany(line => CaseName().Matches(line.Split('|')[^2]).Select(match => match.Groups[1].Value))];

    /// <summary>A pod without what differs between any two creations; in the annotation, what was as JSON, whose members have no order.</summary>
    internal static string Comparable(JsonNode answer)
    {
        var copy = answer.DeepClone();
        if (copy["metadata"] is JsonObject metadata)
        {
            foreach (var member in new[] { "uid", "creationTimestamp", "managedFields", metadata["generateName"] is null ? "uid" : "name" })
            {
                metadata.Remove(member);
            }

            if ((string?)metadata["annotations"]?["nodedns.io/status"] is { } status && status.Split("; was ") is [var line, var was]
                && IsWhole(was))
            {
                var before = Sorted(JsonNode.Parse(was))!.AsObject();
                before["dnsPolicy"] ??= "ClusterFirst";
                metadata["annotations"]!["nodedns.io/status"] = line;
                metadata["was"] = before.ToJsonString();
            }
        }

        return copy.ToJsonString();
    }

    /// <summary>Some cases are about annotations that have been damaged.</summary>
    private static bool IsWhole(string was)
    {
        try
        {
            return JsonNode.Parse(was) is JsonObject map && map.ToJsonString().Length > 0;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Without empty lists too, which an API server leaves out.</summary>
    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.Where(pair => pair.Value is not JsonArray { Count: 0 }).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, Sorted(pair.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    [GeneratedRegex("`([0-9]{2}-[a-z0-9-]+)`")]
    private static partial Regex CaseName();
}
