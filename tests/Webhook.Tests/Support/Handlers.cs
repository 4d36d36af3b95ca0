using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Endpoint;
using NodeDns.Webhook.Telemetry;

namespace NodeDns.Webhook.Tests.Support;

/// <summary>The main path without HTTP around it.</summary>
internal static class Handlers
{
    public static readonly DnsModel Dns = new()
    {
        LocalAddresses = ["169.254.20.10"],
        ClusterDns = ["10.96.0.10"],
        ClusterDomain = "cluster.local",
        HostSearches = [],
    };

    public static ReviewHandler New(
        DnsModel? dns = null,
        SelectionModel? selection = null,
        Func<string, NamespaceSettings>? namespaces = null,
        WebhookMetrics? metrics = null) =>
        new(
            new DnsPolicyDecider(dns ?? Dns, selection ?? new SelectionModel()),
            namespaces ?? (_ => NamespaceSettings.None),
            () => CacheState.NotProbed,
            metrics ?? new WebhookMetrics(TimeProvider.System),
            NullLogger.Instance);

    public static JsonNode Answer(this ReviewHandler handler, JsonNode review)
    {
        (int statusCode, ReadOnlyMemory<byte> reply) = handler.Handle(Encoding.UTF8.GetBytes(review.ToJsonString()));
        Assert.Equal(200, statusCode);
        return JsonNode.Parse(reply.Span)!;
    }

    public static string? Reason(this JsonNode answer) => (string?)answer["response"]!["auditAnnotations"]!["reason"];

    public static string[] Warnings(this JsonNode answer) =>
        [.. (answer["response"]!["warnings"] as JsonArray ?? []).Select(warning => (string)warning!)];
}
