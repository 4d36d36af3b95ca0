using System.Text.Json.Nodes;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Endpoint;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Endpoint;

/// <summary>What no review should reach: a bug of ours, and a result that the API server would reject.</summary>
public sealed class SafetyNetTests
{
    [Fact]
    public void Bug_in_a_review_allows_the_pod_unchanged_and_says_so()
    {
        var metrics = Handlers.Metrics();
        bool broken = true;
        ReviewHandler handler = Handlers.New(
            namespaces: _ => broken ? throw new InvalidOperationException("a bug") : NamespaceSettings.Unknown,
            metrics: metrics);

        JsonNode answer = handler.Answer(Pods.Review(Pods.Pod()));

        Assert.True((bool)answer["response"]!["allowed"]!);
        Assert.Null(Pods.Patch(answer));
        Assert.Equal("internal-error", answer.Reason());
        Assert.Contains("please report this", Assert.Single(answer.Warnings()));
        Assert.Equal(1, metrics.SkippedCount(SkipReason.InternalError));
        broken = false;
        Assert.NotNull(Pods.Patch(handler.Answer(Pods.Review(Pods.Pod()))));
    }

    [Fact]
    public void Result_that_the_api_server_would_reject_is_not_sent()
    {
        ReviewHandler handler = Handlers.New(Handlers.Dns with { LocalAddresses = [], ClusterDns = [] });

        JsonNode answer = handler.Answer(Pods.Review(Pods.Pod()));

        Assert.Null(Pods.Patch(answer));
        Assert.Equal("result-invalid", answer.Reason());
        Assert.Contains("no nameserver is left", Assert.Single(answer.Warnings()));
    }
}
