using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NodeDns.Webhook.Decide;
using NodeDns.Webhook.Endpoint;
using NodeDns.Webhook.Telemetry;
using NodeDns.Webhook.Tests.Fidelity;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Fuzz;

/// <summary>Whatever the bytes: an AdmissionReview comes back that allows, and nothing was caught by the net that is
/// there for our own bugs. <c>NODEDNS_FUZZ_REVIEWS</c> sets how many reviews are tried, <c>NODEDNS_FUZZ_SEED</c> where
/// to begin.</summary>
public sealed class FuzzTests
{
    private const int Reviews = 30_000;

    private static readonly string[] s_ourPaths =
        ["/spec/dnsPolicy", "/spec/dnsConfig", "/metadata/annotations", "/metadata/annotations/nodedns.io~1status"];

    [Fact]
    public void Mutated_reviews_are_all_answered_with_a_review_that_allows()
    {
        int reviews = Number("NODEDNS_FUZZ_REVIEWS", Reviews);
        int seed = Number("NODEDNS_FUZZ_SEED", 1);
        var metrics = new WebhookMetrics(TimeProvider.System);
        ReviewHandler handler = Handlers.New(metrics: metrics);
        var mutator = new ReviewMutator(seed, ReviewCorpus.Read());
        for (int i = 0; i < reviews; i++)
        {
            byte[] body = mutator.Next();
            (int statusCode, ReadOnlyMemory<byte> reply) = handler.Handle(body);
            try
            {
                Check(body, statusCode, reply);
                Assert.Equal(0, metrics.SkippedCount(SkipReason.InternalError));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException(
                    $"review {i} of seed {seed}:\n{Encoding.UTF8.GetString(body)}\n"
                    + $"→ {statusCode} {Encoding.UTF8.GetString(reply.Span)}", e);
            }
        }
        // Not only the easy ways out were taken.
        Assert.True(metrics.InjectedCount > reviews / 20);
        Assert.True(metrics.SkippedCount(SkipReason.Unreadable) > reviews / 100);
        Assert.True(metrics.RejectedCount(Array.IndexOf(WebhookMetrics.RejectReasons, "not-json")) > reviews / 100);
    }

    /// <summary>The target for any fuzzer: bytes in, exception on a broken promise.</summary>
    private static void Check(byte[] body, int statusCode, ReadOnlyMemory<byte> reply)
    {
        JsonNode answer = JsonNode.Parse(reply.Span)!;
        Assert.Equal("AdmissionReview", (string?)answer["kind"]);
        Assert.True((bool)answer["response"]!["allowed"]!);
        if (statusCode == 400)
        {
            Assert.NotEmpty((string)answer["response"]!["status"]!["message"]!);
            return;
        }
        Assert.Equal(200, statusCode);
        Assert.True(answer["response"]!["patch"] is null == answer["response"]!["patchType"] is null);
        Assert.True(answer.Warnings().Sum(warning => warning.Length) <= 4096);
        if (Pods.Patch(answer) is not { } patch)
            return;
        Assert.All(patch, operation => Assert.Equal("add", (string?)operation!["op"]));
        Assert.All(patch, operation => Assert.Contains((string?)operation!["path"], s_ourPaths));
        if (Pod(body) is not { } pod)
            return;
        JsonNode patched = Pods.Apply(pod, answer);
        Assert.True(ApiServerModel.Accepts(patched));
        Assert.Equal("None", (string?)patched["spec"]!["dnsPolicy"]);
    }

    /// <summary>Null when a member is there twice, which the model of the API server does not take.</summary>
    private static JsonNode? Pod(byte[] body)
    {
        try
        {
            var strict = new JsonDocumentOptions { MaxDepth = 256, AllowDuplicateProperties = false };
            return JsonNode.Parse(body, documentOptions: strict)!["request"]!["object"];
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out int number) ? number : otherwise;
}
