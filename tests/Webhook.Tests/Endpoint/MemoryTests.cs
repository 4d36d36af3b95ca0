using System.Net;
using System.Text;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Endpoint;

/// <summary>The program with the heap that a container's limit of 128 MiB leaves it.</summary>
public sealed class MemoryTests
{
    /// <summary>Three quarters of 128 MiB, in hexadecimal bytes.</summary>
    private const string HeapLimit = "6000000";

    [Fact]
    public async Task Largest_bodies_at_once_are_refused_by_a_review_and_pods_are_still_injected()
    {
        using var certificates = new TestCertificates();
        using var webhook = await WebhookProgram.StartAsync(certificates, WebhookProgram.Built, ("DOTNET_GCHeapHardLimit", HeapLimit));
        var values = Encoding.ASCII.GetBytes($"[{string.Concat(Enumerable.Repeat("1,", 4_000_000))}1]");
        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
            {
                (var status, var answer) = await webhook.PostAsync(values);
                Assert.True(status is HttpStatusCode.BadRequest or HttpStatusCode.ServiceUnavailable, $"{status}");
                Assert.Equal("AdmissionReview", (string?)answer["kind"]);
            }));
            var review = Encoding.UTF8.GetBytes(Pods.Review(Pods.Pod()).ToJsonString());
            Assert.NotNull(Pods.Patch((await webhook.PostAsync(review)).Answer));
        }
    }
}
