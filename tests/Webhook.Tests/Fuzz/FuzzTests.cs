using System.Text;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Fuzz;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Fuzz;

/// <summary>Whatever the bytes, the promise holds, and nothing was caught by the net that is there for our own bugs.
/// <c>NODEDNS_FUZZ_REVIEWS</c> sets how many reviews are tried, <c>NODEDNS_FUZZ_SEED</c> where to begin.</summary>
public sealed class FuzzTests
{
    private const int Reviews = 30_000;

    [Fact]
    public void Mutated_reviews_are_all_answered_with_a_review_that_allows()
    {
        var reviews = Number("NODEDNS_FUZZ_REVIEWS", Reviews);
        var seed = Number("NODEDNS_FUZZ_SEED", 1);
        var metrics = Handlers.Metrics();
        var handler = Handlers.New(metrics: metrics);
        var mutator = new ReviewMutator(seed, ReviewCorpus.Read());
        for (var i = 0; i < reviews; i++)
        {
            var body = mutator.Next();
            (var statusCode, var reply) = handler.Handle(body);
            try
            {
                ReviewPromise.Check(body, statusCode, reply);
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
        Assert.True(metrics.RejectedCount("not-json") > reviews / 100);
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) ? number : otherwise;
}
