using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using NodeDns.Webhook.Endpoint;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Endpoint;

/// <summary>What no API server sends, and what it sends at its limits.</summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private readonly TestCertificates _certificates = new();
    private RunningWebhook _webhook = null!;

    public async ValueTask InitializeAsync() => _webhook = await RunningWebhook.StartAsync(_certificates);

    public async ValueTask DisposeAsync()
    {
        await _webhook.DisposeAsync();
        _certificates.Dispose();
    }

    [Theory]
    [InlineData("", "the body is empty")]
    [InlineData("{", "no JSON")]
    [InlineData("{} {}", "no JSON")]
    [InlineData("null", "kind AdmissionReview")]
    [InlineData("[]", "kind AdmissionReview")]
    [InlineData("""{"kind":"Pod"}""", "kind AdmissionReview")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v2","request":{"uid":"a"}}""", "admission.k8s.io/v1")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":1,"request":{"uid":"a"}}""", "admission.k8s.io/v1")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}""", "a request")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":null}""", "a request")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{}}""", "request.uid")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":7}}""", "request.uid")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"\ud800"}}""", "UTF-8")]
    public async Task Body_that_is_no_review_gets_400_and_the_reason(string body, string reason)
    {
        using var message = await _webhook.PostAsync(body);

        Assert.Equal(HttpStatusCode.BadRequest, message.StatusCode);
        Assert.Contains(reason, await StatusAsync(message));
    }

    [Fact]
    public async Task Bytes_that_are_no_utf8_get_400()
    {
        var body = Encoding.Latin1.GetBytes(
            Pods.Review(Pods.Pod(("metadata:labels:x", "X"))).ToJsonString().Replace("X", "\u00ff"));
        using var message = await _webhook.PostAsync(body);
        Assert.Equal(HttpStatusCode.BadRequest, message.StatusCode);
    }

    /// <summary>A review comes before the API server has looked at the names in it.</summary>
    [Fact]
    public async Task Control_characters_of_a_pod_do_not_reach_the_log()
    {
        var pod = Pods.Pod(("metadata:name", "bad\u001b[2J\r\n2026-01-01T00:00:00.000Z info forged\u0085\u009b"), ("spec:hostNetwork", true));
        using var message = await _webhook.PostAsync(Pods.Review(pod).ToJsonString());

        var line = Assert.Single(_webhook.Log.ToString().Split('\n'), line => line.Contains("forged"));
        Assert.Contains("bad", line);
        Assert.DoesNotContain(line, char.IsControl);
    }

    [Fact]
    public async Task Nesting_without_end_gets_400()
    {
        using var message = await _webhook.PostAsync(new string('[', 1_000_000));
        Assert.Equal(HttpStatusCode.BadRequest, message.StatusCode);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/yaml")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task Other_content_type_gets_415(string contentType)
    {
        using var message = await _webhook.PostAsync("{}", contentType);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, message.StatusCode);
        Assert.Contains("application/json", await StatusAsync(message));
    }

    [Fact]
    public async Task Content_type_with_charset_is_json()
    {
        using var message = await _webhook.PostAsync(
            Pods.Review(Pods.Pod()).ToJsonString(), "Application/JSON; charset=utf-8");
        Assert.Equal(HttpStatusCode.OK, message.StatusCode);
    }

    [Fact]
    public async Task Other_method_gets_405_and_other_path_404()
    {
        using var get = await _webhook.Client.GetAsync(_webhook.Mutate);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
        using var other = await _webhook.Client.GetAsync(new Uri(_webhook.Mutate, "/metrics"));
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Fact]
    public async Task Admission_is_not_served_without_tls()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_webhook.Metrics, "/mutate"));
        request.Version = HttpVersion.Version11;
        using var message = await _webhook.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, message.StatusCode);
    }

    [Fact]
    public async Task Pod_of_3_mib_is_injected()
    {
        var pod = Pods.Pod(("metadata:annotations:example.com/large", new string('x', 3 * 1024 * 1024)));
        using var message = await _webhook.PostAsync(Pods.Review(pod).ToJsonString());

        var answer = JsonNode.Parse(await message.Content.ReadAsStringAsync())!;
        Assert.NotNull(Pods.Patch(answer));
    }

    [Fact]
    public async Task Many_pods_of_1_mib_at_once_are_all_injected()
    {
        var body = Pods.Review(Pods.Pod(("metadata:annotations:example.com/large", new string('x', 1024 * 1024))))
            .ToJsonString();
        var messages = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(_ => _webhook.PostAsync(body)));
        foreach (var message in messages)
        {
            Assert.Equal(HttpStatusCode.OK, message.StatusCode);
            message.Dispose();
        }
    }

    [Fact]
    public async Task Body_over_the_limit_gets_413()
    {
        using var message = await _webhook.PostAsync(new byte[9 * 1024 * 1024]);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, message.StatusCode);
    }

    [Fact]
    public async Task Body_of_unknown_length_over_the_limit_gets_413()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _webhook.Mutate);
        request.Version = HttpVersion.Version11;
        request.Content = new StreamContent(new EndlessSpaces(MutateEndpoint.MaxBodyBytes + 1));
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TransferEncodingChunked = true;
        using var message = await _webhook.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, message.StatusCode);
    }

    [Theory]
    [InlineData("spec", "\"text\"", "spec: expected an object")]
    [InlineData("spec", "null", "spec: expected an object")]
    [InlineData("metadata", "[]", "metadata: expected an object")]
    [InlineData("metadata:labels", "{\"a\":1}", "metadata.labels")]
    [InlineData("metadata:annotations", "[]", "metadata.annotations")]
    [InlineData("spec:dnsPolicy", "7", "spec.dnsPolicy")]
    [InlineData("spec:hostNetwork", "\"yes\"", "spec.hostNetwork")]
    [InlineData("spec:dnsConfig", "[]", "spec.dnsConfig")]
    [InlineData("spec:dnsConfig:nameservers", "[1]", "nameservers")]
    [InlineData("spec:dnsConfig:searches", "{}", "searches")]
    [InlineData("spec:dnsConfig:options", "[{\"name\":1}]", "options")]
    public async Task Pod_of_another_shape_is_allowed_unchanged_with_a_warning(
        string path, string value, string warning)
    {
        var pod = Pods.Pod((path, JsonNode.Parse(value)));
        using var message = await _webhook.PostAsync(Pods.Review(pod).ToJsonString());

        Assert.Equal(HttpStatusCode.OK, message.StatusCode);
        var answer = JsonNode.Parse(await message.Content.ReadAsStringAsync())!;
        Assert.True((bool)answer["response"]!["allowed"]!);
        Assert.Null(Pods.Patch(answer));
        Assert.Contains(warning, Assert.Single(answer.Warnings()));
    }

    [Fact]
    public async Task Uid_is_repeated_byte_for_byte()
    {
        var body = Pods.Review(Pods.Pod()).ToJsonString()
            .Replace("7a1f0c9e-0000-4000-8000-000000000001", """a\u0062 "\/\"é""".Replace("\"\\/", "\\/"));
        using var message = await _webhook.PostAsync(body);
        Assert.Contains("""
            "uid":"a\u0062 \/\"é"
            """.Trim(), await message.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Rejections_are_counted_by_reason()
    {
        (await _webhook.PostAsync("{")).Dispose();
        (await _webhook.PostAsync("{}", "text/plain")).Dispose();
        var metrics = await _webhook.GetAsync("/metrics");
        Assert.Contains("nodedns_webhook_rejected_total{reason=\"not-json\"} 1", metrics);
        Assert.Contains("nodedns_webhook_rejected_total{reason=\"content-type\"} 1", metrics);
    }

    private static async Task<string> StatusAsync(HttpResponseMessage message)
    {
        var answer = JsonNode.Parse(await message.Content.ReadAsStringAsync())!;
        Assert.Equal("AdmissionReview", (string?)answer["kind"]);
        Assert.True((bool)answer["response"]!["allowed"]!);
        return (string)answer["response"]!["status"]!["message"]!;
    }

    /// <summary>A stream of spaces whose length nobody can know beforehand.</summary>
    private sealed class EndlessSpaces(int length) : MemoryStream(Encoding.ASCII.GetBytes(new string(' ', length)))
    {
        public override bool CanSeek => false;
    }
}
