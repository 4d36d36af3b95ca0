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

    public static readonly InjectionSettings Settings = new(Dns, new SelectionModel());

    public static ReviewHandler New(
        DnsModel? dns = null,
        SelectionModel? selection = null,
        Func<string, NamespaceSettings>? namespaces = null,
        ReviewMetrics? metrics = null) =>
        new(
            new DnsPolicyDecider(new InjectionSettings(dns ?? Dns, selection ?? new SelectionModel())),
            namespaces ?? (_ => NamespaceSettings.Unknown),
            () => CacheState.NotProbed,
            metrics ?? Metrics(),
            NullLogger.Instance);

    public static ReviewMetrics Metrics() => new(new MetricRegistry(), TimeProvider.System);

    public static JsonNode Answer(this ReviewHandler handler, JsonNode review)
    {
        (var statusCode, var reply) = handler.Handle(Encoding.UTF8.GetBytes(review.ToJsonString()));
        Assert.Equal(200, statusCode);
        return JsonNode.Parse(reply.Span)!;
    }

    public static string? Reason(this JsonNode answer) => (string?)answer["response"]!["auditAnnotations"]!["reason"];

    public static string[] Warnings(this JsonNode answer) =>
        [.. (answer["response"]!["warnings"] as JsonArray ?? []).Select(warning => (string)warning!)];
}
