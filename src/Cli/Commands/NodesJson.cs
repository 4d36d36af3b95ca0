using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Cli.Workloads;

namespace NodeDns.Cli.Commands;

/// <summary>Writes what each node's cache and guard count, since they started. Times are in seconds.</summary>
internal static class NodesJson
{
    private const string Duration = "coredns_dns_request_duration_seconds";
    private const string Upstream = "coredns_proxy_request_duration_seconds";

    public static void Write(Utf8JsonWriter writer, NodeSurvey survey, IReadOnlyList<NodePages> pages, Unknowns unknown)
    {
        writer.WriteStartObject();
        writer.WriteString("apiVersion", "nodedns.io/v1");
        writer.WriteString("kind", "Nodes");
        writer.WriteNumber("wanted", survey.Wanted);
        writer.WriteNumber("ready", survey.Ready);
        WriteNodes(writer, survey, pages);
        ReportJson.WriteTexts(writer, "unknown", unknown.Parts);
        writer.WriteEndObject();
    }

    /// <summary>Writes the member <c>nodes</c>.</summary>
    public static void WriteNodes(Utf8JsonWriter writer, NodeSurvey survey, IReadOnlyList<NodePages> pages)
    {
        var asked = pages.ToDictionary(page => page.Node);
        writer.WriteStartArray("nodes");
        foreach (var node in asked.Keys.Union(survey.Troubles.Keys).Order(StringComparer.Ordinal))
        {
            writer.WriteStartObject();
            writer.WriteString("name", node);
            writer.WriteString("problem", survey.Troubles.GetValueOrDefault(node));
            if (asked.TryGetValue(node, out var page))
            {
                Write(writer, page);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, NodePages page)
    {
        writer.WriteString("guard", page.Ready);
        writer.WriteBoolean("relaying", page.Guard.Sum("nodedns_guard_relaying") > 0);
        writer.WriteNumber("relayed", page.Guard.Sum("nodedns_guard_relayed_queries_total"));
        writer.WriteNumber("relayedConnections", page.Guard.Sum("nodedns_guard_relayed_connections_total"));
        writer.WriteNumber("relayingSeconds", page.Guard.Sum("nodedns_guard_relaying_milliseconds_total") / 1000);
        if (page.Cache is not { } cache)
        {
            return;
        }

        writer.WriteStartObject("cache");
        writer.WriteNumber("queries", cache.Sum("coredns_cache_requests_total"));
        writer.WriteNumber("hits", cache.Sum("coredns_cache_hits_total"));
        writer.WriteNumber("stale", cache.Sum("coredns_cache_served_stale_total"));
        writer.WriteNumber("nxdomain", cache.Sum("coredns_dns_responses_total", "rcode=\"NXDOMAIN\""));
        writer.WriteNumber("failures", cache.Sum("coredns_dns_responses_total", "rcode=\"SERVFAIL\""));
        writer.WriteNumber("entries", cache.Sum("coredns_cache_entries"));
        writer.WriteNumber("usedBytes", cache.Sum("nodedns_cache_used_bytes"));
        writer.WriteNumber("budgetBytes", cache.Sum("nodedns_cache_budget_bytes"));
        writer.WriteStartObject("latency");
        writer.WriteNumber("count", cache.Sum(Duration + "_count"));
        writer.WriteNumber("sum", cache.Sum(Duration + "_sum"));
        writer.WriteStartObject("upTo");
        foreach (var (bound, count) in cache.By(Duration + "_bucket", "le"))
        {
            writer.WriteNumber(bound, count);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        var seconds = cache.By(Upstream + "_sum", "to");
        var broken = cache.By("coredns_proxy_healthcheck_failures_total", "to");
        writer.WriteStartArray("upstreams");
        foreach (var (to, count) in cache.By(Upstream + "_count", "to").OrderByDescending(one => one.Value))
        {
            writer.WriteStartObject();
            writer.WriteString("to", to);
            writer.WriteNumber("count", count);
            writer.WriteNumber("sum", seconds.GetValueOrDefault(to));
            writer.WriteNumber("checksFailed", broken.GetValueOrDefault(to));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
