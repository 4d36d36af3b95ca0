using System.Text.Json.Nodes;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Endpoint;

/// <summary>What no review should reach: a bug of ours, and a result that the API server would reject.</summary>
public sealed class SafetyNetTests
{
    [Fact]
    public void Bug_in_a_review_allows_the_pod_unchanged_and_says_so()
    {
        var metrics = Handlers.Metrics();
        var broken = true;
        var handler = Handlers.New(
            namespaces: _ => broken ? throw new InvalidOperationException("a bug") : NamespaceSettings.Unknown,
            metrics: metrics);

        var answer = handler.Answer(Pods.Review(Pods.Pod()));

        Assert.True((bool)answer["response"]!["allowed"]!);
        Assert.Null(Pods.Patch(answer));
        Assert.Equal("internal-error", answer.Reason());
        Assert.Contains("please report this", Assert.Single(answer.Warnings()));
        Assert.Equal(1, metrics.SkippedCount(SkipReason.InternalError));
        broken = false;
        Assert.NotNull(Pods.Patch(handler.Answer(Pods.Review(Pods.Pod()))));
    }

    /// <summary>The API server takes 256 KiB of annotations, names and values together.</summary>
    [Theory]
    [InlineData(255, null)]
    [InlineData(249, "injected by")]
    [InlineData(200, "; was {")]
    public void Status_never_makes_the_annotations_too_large(int kibibytes, string? status)
    {
        var pod = Pods.Pod(
            ("metadata:annotations:example.com/large", new string('x', kibibytes * 1024 + 900)));
        pod["spec"]!["dnsConfig"] = new JsonObject
        {
            ["searches"] = new JsonArray([.. Enumerable.Range(0, 20).Select(i => (JsonNode)$"{i}.{new('s', 80)}.example")]),
            ["later"] = new string('l', 7 * 1024),
        };

        var patched = Pods.Apply(pod, Handlers.New().Answer(Pods.Review(pod.DeepClone())));

        Assert.Equal("None", (string?)patched["spec"]!["dnsPolicy"]);
        var annotations = patched["metadata"]!["annotations"]!.AsObject();
        Assert.InRange(annotations.Sum(pair => pair.Key.Length + ((string)pair.Value!).Length), 1, 256 * 1024);
        if (status is null)
        {
            Assert.False(annotations.ContainsKey("nodedns.io/status"));
        }
        else
        {
            Assert.Contains(status, (string?)annotations["nodedns.io/status"]);
        }

        Assert.Equal(status == "; was {", ((string?)annotations["nodedns.io/status"])?.Contains("; was {") ?? false);
    }

    [Fact]
    public void Result_that_the_api_server_would_reject_is_not_sent()
    {
        var handler = Handlers.New(Handlers.Dns with { LocalAddresses = [], ClusterDns = [] });

        var answer = handler.Answer(Pods.Review(Pods.Pod()));

        Assert.Null(Pods.Patch(answer));
        Assert.Equal("result-invalid", answer.Reason());
        Assert.Contains("no nameserver is left", Assert.Single(answer.Warnings()));
    }
}
