using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using NodeDns.Testing;

namespace NodeDns.Chart.Tests.Pace;

/// <summary>A large Deployment in a cluster of many namespaces, created as fast as a real API server takes its pods, while
/// certificates are rotated.</summary>
/// <remarks>CHART_TESTS_PODS and CHART_TESTS_NAMESPACES make it larger; <c>make webhook-pace</c> has 5,000 and 10,000.</remarks>
public sealed class PaceTests(PaceCluster cluster, ITestOutputHelper output) : IClassFixture<PaceCluster>
{
    /// <summary>So many pods outside the Deployment, each in another namespace, are created after all that happens.</summary>
    private const int LastPods = 100;

    private const string Admission = "apiserver_admission_webhook_";

    /// <summary>Certificates are read often, so that new ones come into use while the Deployment gets its pods.</summary>
    private const string Polls = "webhook.extraArgs={--tls-poll-seconds=1}";

    /// <summary>In the short form, a machine that is busy with other suites is no fault.</summary>
    private const string Patient = "webhook.timeoutSeconds=30";

    private readonly bool _isShort = Number("CHART_TESTS_PODS") is null;
    private readonly int _pods = Number("CHART_TESTS_PODS") ?? 400;
    private readonly int _namespaces = Number("CHART_TESTS_NAMESPACES") ?? 400;

    [Fact]
    public async Task No_pod_is_missed_while_certificates_are_rotated()
    {
        cluster.Require();
        await Parallel.ForAsync(0, _namespaces, new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (number, _) => await cluster.Create("/api/v1/namespaces", new PaceNamespace(number).Object));

        var started = Stopwatch.GetTimestamp();
        using var webhook = new PaceWebhook(cluster, _isShort ? [Polls, Patient] : [Polls]);
        await PaceCluster.Until(webhook.IsReady, "the webhook is not ready");
        Print($"{_namespaces} namespaces: ready {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s after its start");
        Assert.InRange(Metrics.Sum(await webhook.Metrics(), "nodedns_webhook_namespaces"), _namespaces, double.PositiveInfinity);
        webhook.Configure(webhook.Secret.Authority);
        await PaceCluster.Until(async () => IsChanged(await CreatePod(0, isDryRun: true)), "the API server does not call the webhook");

        var deployment = Deploy();
        var rotations = Rotate(webhook);
        var others = await CreateOthers(Task.WhenAll(deployment, rotations));
        Print($"a Deployment of {_pods} pods in {(await deployment).TotalSeconds:0.0} s, {_pods / (await deployment).TotalSeconds:0} a second");
        Print($"rotated between its pods {await rotations}");
        Assert.True(cluster.FailedCalls.IsEmpty, string.Join('\n', cluster.FailedCalls.Take(10)));
        var pods = await cluster.Pods();
        Assert.Equal(_pods + others, pods.Count);
        Assert.Empty(pods.Where(pod => !IsAsItsNamespaceSays(pod)).Select(pod => pod.ToJsonString()).Take(3));

        string ofServer = await cluster.Get("/metrics"), ofWebhook = await webhook.Metrics();
        Print($"{pods.Count} pods, {others} of them in {Math.Min(others, _namespaces - 1)} other namespaces: none missed");
        Print($"admission, by the API server: {Quantiles(ofServer, Admission + "admission_duration_seconds")}");
        Print($"a review, by the webhook: {Quantiles(ofWebhook, "nodedns_webhook_review_seconds")}");
        Print($"the webhook's peak of resident memory: {webhook.PeakResidentBytes / 1e6:0.0} MB of {webhook.MemoryLimit}");
        Assert.Equal(0, Metrics.Sum(ofServer, Admission + "fail_open_count"));
        Assert.Equal(0, Metrics.Sum(ofServer, Admission + "rejection_count"));
        Assert.Equal(Metrics.Sum(ofServer, Admission + "request_total"), Metrics.Sum(ofServer, Admission + "request_total{code=\"200\"}{rejected=\"false\"}"));
        Assert.InRange(await webhook.Changed(), pods.Count, double.PositiveInfinity);
        Assert.Equal(0, Metrics.Sum(ofWebhook, "nodedns_webhook_skipped_total"));
        Assert.Equal(0, Metrics.Sum(ofWebhook, "nodedns_webhook_rejected_total"));
        Assert.Equal("Mi", webhook.MemoryLimit[^2..]);
        Assert.InRange(webhook.PeakResidentBytes, 1, long.Parse(webhook.MemoryLimit[..^2], CultureInfo.InvariantCulture) << 20);

        // What has been 0 is counted: a webhook that is gone is a pod missed.
        webhook.Kill();
        Assert.False(IsChanged(await CreatePod(0, isDryRun: true)));
        Assert.Equal(1, Metrics.Sum(await cluster.Get("/metrics"), Admission + "fail_open_count"));
        await PaceCluster.Until(() => Task.FromResult(!cluster.FailedCalls.IsEmpty), "the API server logs no failed call");
    }

    /// <summary>Creates a Deployment in the first namespace, and waits for all its pods.</summary>
    /// <returns>How long it took.</returns>
    private async Task<TimeSpan> Deploy()
    {
        var path = $"/apis/apps/v1/namespaces/{new PaceNamespace(0).Name}/deployments";
        var started = Stopwatch.GetTimestamp();
        await cluster.Create(path, $$$"""
            {"metadata": {"name": "large"}, "spec": {"replicas": {{{_pods}}}, "selector": {"matchLabels": {"app": "large"}},
             "template": {"metadata": {"labels": {"app": "large"}}, "spec": {"containers": [{"name": "one", "image": "one"}]} } } }
            """);
        await PaceCluster.Until(async () => JsonNode.Parse(await cluster.Get(path + "/large"))!.Text("status.replicas") == $"{_pods}",
            "the Deployment has not got all its pods");
        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Amid the pods, a new certificate from the same authority, then one from a new authority, which is trusted beside the
    /// old one before, and alone afterwards.</summary>
    /// <returns>How many pods had been changed before and after.</returns>
    private async Task<string> Rotate(PaceWebhook webhook)
    {
        await PaceCluster.Until(async () => await webhook.Changed() >= _pods / 4, "a quarter of the pods are not there");
        var before = await webhook.Changed();
        await webhook.RenewCertificate();
        var old = webhook.Secret.Authority;
        webhook.Secret.ChangeAuthority();
        webhook.Configure(old + webhook.Secret.Authority);
        await webhook.RenewCertificate();
        webhook.Configure(webhook.Secret.Authority);
        return $"{before} and {await webhook.Changed()}";
    }

    /// <summary>Creates one pod after the other, each in the next namespace, until something is done, and some more.</summary>
    /// <returns>The number of pods.</returns>
    private async Task<int> CreateOthers(Task until)
    {
        var made = 0;
        for (var left = LastPods; left > 0; left -= until.IsCompleted ? 1 : 0)
        {
            await CreatePod(1 + (made++ % (_namespaces - 1)));
        }

        return made;
    }

    private Task<JsonNode> CreatePod(int ns, bool isDryRun = false) => cluster.Create(
        $"/api/v1/namespaces/{new PaceNamespace(ns).Name}/pods{(isDryRun ? "?dryRun=All" : "")}",
        """{"metadata": {"generateName": "single-"}, "spec": {"containers": [{"name": "one", "image": "one"}]}}""");

    private static bool IsChanged(JsonNode pod) => pod.Text("spec.dnsPolicy") == "None";

    private static bool IsAsItsNamespaceSays(JsonNode pod) =>
        IsChanged(pod) && JsonNode.DeepEquals(pod.At("spec.dnsConfig"), PaceNamespace.Named(pod.Text("metadata.namespace")).DnsConfig);

    private static string Quantiles(string scrape, string histogram) => string.Create(CultureInfo.InvariantCulture,
        $"p50 {1000 * Metrics.Quantile(scrape, histogram, 0.5):0.00} ms, p99 {1000 * Metrics.Quantile(scrape, histogram, 0.99):0.00} ms");

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;

    private void Print(FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
