using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Endpoint;

/// <summary>The program with the heap that a container's limit of 128 MiB leaves it.</summary>
public sealed partial class MemoryTests
{
    /// <summary>Three quarters of 128 MiB, in hexadecimal bytes.</summary>
    private const string HeapLimit = "6000000";

    [Fact]
    public async Task Largest_bodies_at_once_are_refused_by_a_review_and_pods_are_still_injected()
    {
        using var certificates = new TestCertificates();
        using var folder = new TemporaryFolder();
        (var certificate, var key) = certificates.Issue();
        using var webhook = Start(folder.Write("tls.crt", certificate), folder.Write("tls.key", key));
        try
        {
            var mutate = await MutateAsync(webhook);
            var values = Encoding.ASCII.GetBytes($"[{string.Concat(Enumerable.Repeat("1,", 4_000_000))}1]");
            for (var round = 0; round < 3; round++)
            {
                await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
                {
                    (var status, var answer) = await PostAsync(certificates, mutate, values);
                    Assert.True(status is HttpStatusCode.BadRequest or HttpStatusCode.ServiceUnavailable, $"{status}");
                    Assert.Equal("AdmissionReview", (string?)answer["kind"]);
                }));
                var review = Encoding.UTF8.GetBytes(Pods.Review(Pods.Pod()).ToJsonString());
                Assert.NotNull(Pods.Patch((await PostAsync(certificates, mutate, review)).Answer));
            }
        }
        finally
        {
            webhook.Kill();
        }
    }

    private static Process Start(string certificate, string key)
    {
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "node-dns-webhook"),
            $"--listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0 --tls-cert {certificate} --tls-key {key} "
            + "--cluster-dns 10.96.0.10 --cluster-domain cluster.local --host-searches none --probe false")
        {
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_GCHeapHardLimit"] = HeapLimit;
        return Process.Start(start)!;
    }

    private static async Task<Uri> MutateAsync(Process webhook)
    {
        while (await webhook.StandardError.ReadLineAsync() is { } line)
        {
            if (MutatePattern().Match(line) is { Success: true } match)
            {
                return new Uri(match.Groups[1].Value);
            }
        }
        throw new InvalidOperationException("the webhook ended");
    }

    /// <summary>Each with a connection of its own.</summary>
    private static async Task<(HttpStatusCode Status, JsonNode Answer)> PostAsync(
        TestCertificates certificates, Uri mutate, byte[] body)
    {
        using var client = RunningWebhook.NewClient(certificates);
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var message = await client.PostAsync(mutate, content);
        return (message.StatusCode, JsonNode.Parse(await message.Content.ReadAsStringAsync())!);
    }

    [GeneratedRegex(" mutate=(\\S+)")]
    private static partial Regex MutatePattern();
}
