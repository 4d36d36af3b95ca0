namespace NodeDns.Cache.Tests.Telemetry;

/// <summary>What the usual dashboards and alerts ask Prometheus for, by board. Thresholds are left off, so that a query
/// shows whether its numbers are there; selectors are those of each board.</summary>
internal static class Dashboards
{
    private const string Mixin = "job=\"kube-dns\"";
    private const string Instance = Mixin + ",pod=~\".+\"";
    private const string Local = "k8s_app=\"node-local-dns\",name!=\"node-local-dns-metrics\"";
    private const string LocalMetrics = "name=\"node-local-dns-metrics\"";
    private const string Stack = "job=~\".+\",cluster=~\".*\",instance=~\".+\"";
    private const string Pod = "pod=~\".+\"";

    public static IEnumerable<(string Board, string Query)> All =>
    [
        .. CorednsMixin(Mixin, Instance).Select(query => ("coredns-mixin", query)),
        .. NodelocaldnsMixin().Select(query => ("nodelocaldns-mixin", query)),
        .. KubePrometheusStack().Select(query => ("kube-prometheus-stack (12539)", query)),
        .. Dotdc().Select(query => ("dotdc (15762)", query)),
        .. Old().Select(query => ("5926", query)),
        .. Gardener().Select(query => ("Gardener", query)),
    ];

    private static IEnumerable<string> CorednsMixin(string all, string one) =>
    [
        // Alerts.
        $"up{{{all}}} == 1",
        Quantile("0.99", "coredns_dns_request_duration_seconds_bucket", all, "without (instance,pod)"),
        Quantile("0.99", "coredns_forward_request_duration_seconds_bucket", all, "without (pod, instance, rcode)"),
        Share("coredns_dns_responses_total", all, "pod, instance, server, zone, view, rcode, plugin"),
        Share("coredns_forward_responses_total", all, "pod, instance, rcode"),
        $"sum without (pod, instance) (rate(coredns_forward_healthcheck_failures_total{{{all}}}[5m]))",
        $"sum without (pod, instance) (rate(coredns_forward_healthcheck_broken_total{{{all}}}[5m]))",
        // Board.
        $"sum(up{{{all}}})",
        $"sum(coredns_panics_total{{{all}}})",
        $"coredns_build_info{{{all}}}",
        $"count(sum(coredns_plugin_enabled{{{one}}}) by (name))",
        .. Board(one),
    ];

    /// <summary>What the boards of both mixins have in common.</summary>
    private static IEnumerable<string> Board(string one) =>
    [
        Rate("coredns_dns_responses_total", one, "rcode"),
        Rate("coredns_forward_responses_total", one, "rcode"),
        Quantile("0.99", "coredns_dns_request_duration_seconds_bucket", one, "by (server, zone, le)"),
        Quantile("0.99", "coredns_forward_request_duration_seconds_bucket", one, "by (to, le)"),
        Rate("coredns_dns_requests_total", one, "type"),
        Rate("coredns_dns_requests_total", one, "zone"),
        Rate("coredns_forward_requests_total", one, "to"),
        Quantile("0.99", "coredns_dns_request_size_bytes_bucket", one, "by (server, zone, proto, le)"),
        Quantile("0.50", "coredns_dns_request_size_bytes_bucket", one, "by (server, zone, proto, le)"),
        Quantile("0.99", "coredns_dns_response_size_bytes_bucket", one, "by (server, zone, proto, le)"),
        Quantile("0.50", "coredns_dns_response_size_bytes_bucket", one, "by (server, zone, proto, le)"),
        $"sum(coredns_cache_hits_total{{{one}}}) / "
            + $"(sum(coredns_cache_misses_total{{{one}}}) + sum(coredns_cache_hits_total{{{one}}}))",
        Rate("coredns_cache_hits_total", one, "type"),
        $"sum(rate(coredns_cache_misses_total{{{one}}}[5m]))",
        $"sum(coredns_cache_entries{{{one}}}) by (type)",
        $"process_resident_memory_bytes{{{one}}}",
        $"rate(process_cpu_seconds_total{{{one}}}[5m])",
        $"go_goroutines{{{one}}}",
    ];

    private static IEnumerable<string> NodelocaldnsMixin() =>
    [
        $"up{{{LocalMetrics}}} == 1",
        $"rate(coredns_nodecache_setup_errors{{{LocalMetrics}}}[5m])",
        $"rate(coredns_nodecache_setup_errors_total{{{LocalMetrics}}}[5m])",
        $"sum(rate(coredns_nodecache_setup_errors_total{{{LocalMetrics}}}[5m])) by (errortype, instance, le)",
        $"sum(up{{{Local}}})",
        $"sum(coredns_panic_count_total{{{Local}}})",
        $"coredns_dns_request_count_total{{{Local}}}",
        Rate("coredns_dns_response_rcode_count_total", Local, "rcode"),
        Rate("coredns_dns_request_type_count_total", Local, "type"),
        Rate("coredns_forward_request_count_total", Local, "to"),
        Rate("coredns_forward_response_rcode_count_total", Local, "rcode"),
        .. Board(Local),
    ];

    private static IEnumerable<string> KubePrometheusStack() =>
    [
        OldOrNew("coredns_dns_request_count_total", "coredns_dns_requests_total", "proto"),
        OldOrNew("coredns_dns_request_type_count_total", "coredns_dns_requests_total", "type"),
        OldOrNew("coredns_dns_request_count_total", "coredns_dns_requests_total", "zone"),
        OldOrNew("coredns_dns_request_do_count_total", "coredns_dns_do_requests_total", ""),
        OldOrNew("coredns_dns_request_count_total", "coredns_dns_requests_total", ""),
        OldOrNew("coredns_dns_response_rcode_count_total", "coredns_dns_responses_total", "rcode"),
        .. from quantile in new[] { "0.99", "0.90", "0.50" }
           from metric in new[] { "coredns_dns_request_size_bytes", "coredns_dns_response_size_bytes" }
           from proto in new[] { "udp", "tcp" }
           select $"histogram_quantile({quantile}, (sum(rate({metric}{{{Stack},proto=\"{proto}\"}}[5m])) by (proto)) or "
               + $"(sum(rate({metric}_bucket{{{Stack},proto=\"{proto}\"}}[5m])) by (le,proto)))",
        .. from quantile in new[] { "0.99", "0.90", "0.50" }
           select $"histogram_quantile({quantile}, (sum(rate(coredns_dns_request_duration_seconds{{{Stack}}}[5m])) by (job)) "
               + $"or (sum(rate(coredns_dns_request_duration_seconds_bucket{{{Stack}}}[5m])) by (le, job)))",
        $"sum(coredns_cache_size{{{Stack}}}) by (type) or sum(coredns_cache_entries{{{Stack}}}) by (type)",
        Rate("coredns_cache_hits_total", Stack, "type"),
        Rate("coredns_cache_misses_total", Stack, "type"),
    ];

    private static IEnumerable<string> Dotdc() =>
    [
        $"coredns_build_info{{cluster=\"c\"}}",
        $"process_resident_memory_bytes{{{Stack}}}",
        $"rate(process_cpu_seconds_total{{{Stack}}}[5m])",
        $"sum(coredns_cache_entries{{{Stack}}}) by (type)",
        .. from metric in new[]
           {
               "coredns_dns_request_duration_seconds_bucket", "coredns_dns_request_size_bytes_bucket",
               "coredns_dns_response_size_bytes_bucket",
           }
           select $"sum(increase({metric}{{{Stack},le!=\"0\"}}[5m])) by (le)",
        Rate("coredns_cache_hits_total", Stack, "type"),
        Rate("coredns_cache_misses_total", Stack, "type"),
        $"sum(rate(coredns_dns_request_size_bytes_sum{{{Stack},proto=\"udp\"}}[5m])) by (proto) / "
            + $"sum(rate(coredns_dns_request_size_bytes_count{{{Stack},proto=\"udp\"}}[5m])) by (proto)",
        Rate("coredns_dns_requests_total", Stack, "type"),
        $"sum(rate(coredns_dns_requests_total{{{Stack},proto=\"tcp\"}}[5m]))",
        Rate("coredns_dns_responses_total", Stack, "rcode"),
        $"sum(rate(coredns_proxy_request_duration_seconds_count{{proxy_name=\"forward\",{Stack}}}[5m]))",
        $"sum(rate(coredns_proxy_request_duration_seconds_count"
            + $"{{proxy_name=\"forward\",rcode=~\"SERVFAIL|REFUSED\",{Stack}}}[5m])) by (rcode)",
        Quantile("0.99", "coredns_proxy_request_duration_seconds_bucket", Stack, "by (le, proxy_name, to)"),
        $"sum(rate(coredns_proxy_healthcheck_failures_total{{{Stack}}}[5m])) by (to)",
        $"sum(coredns_proxy_conn_cache_hits_total{{{Stack}}}) by (to, proto)",
        $"sum(coredns_proxy_conn_cache_misses_total{{{Stack}}}) by (to, proto)",
    ];

    private static IEnumerable<string> Old() =>
    [
        Rate("coredns_dns_request_count_total", Stack, "proto"),
        Rate("coredns_dns_request_type_count_total", Stack, "type"),
        Rate("coredns_dns_request_do_count_total", Stack, "zone"),
        Rate("coredns_dns_response_rcode_count_total", Stack, "rcode"),
        Quantile("0.99", "coredns_dns_request_duration_seconds_bucket", Stack, "by (le, job)"),
        $"sum(coredns_cache_size{{{Stack}}}) by (type)",
        Rate("coredns_cache_hits_total", Stack, "type"),
        Rate("coredns_cache_misses_total", Stack, "type"),
        $"sum(rate(coredns_forward_healthcheck_failure_count_total{{{Stack}}}[5m])) by (to)",
    ];

    private static IEnumerable<string> Gardener() =>
    [
        .. from label in new[] { "type", "proto", "zone" }
           from metric in new[] { "coredns_dns_request_duration_seconds_count", "coredns_dns_requests_total" }
           select Rate(metric, Pod, label),
        $"rate(coredns_dns_responses_total{{{Pod}}}[5m])",
        $"sum(coredns_dns_responses_total{{{Pod}}} - coredns_dns_responses_total{{{Pod}}} offset 1s) by (rcode)",
        Quantile("0.99", "coredns_dns_request_duration_seconds_bucket", Pod, "by (le,type)"),
        $"sum by (le) (rate(coredns_dns_request_duration_seconds_bucket{{{Pod}}}[5m]))",
        Rate("coredns_forward_requests_total", Pod, "to"),
        Rate("coredns_forward_responses_total", Pod, "rcode"),
        Rate("coredns_cache_hits_total", Pod, "type"),
        $"sum(rate(coredns_cache_misses_total{{{Pod}}}[5m]))",
        $"sum(coredns_cache_entries{{{Pod}}}) by (type)",
        $"coredns_build_info{{{Pod}}}",
        $"sum(coredns_nodecache_setup_errors_total{{{Pod}}}) by (errortype)",
        $"process_open_fds{{{Pod}}} / process_max_fds{{{Pod}}}",
    ];

    private static string Rate(string metric, string selector, string label) =>
        $"sum(rate({metric}{{{selector}}}[5m])) by ({label})";

    private static string Quantile(string quantile, string metric, string selector, string grouping) =>
        $"histogram_quantile({quantile}, sum(rate({metric}{{{selector}}}[5m])) {grouping})";

    private static string Share(string metric, string selector, string without) =>
        $"sum without ({without}) (rate({metric}{{{selector},rcode=\"SERVFAIL\"}}[5m])) / "
        + $"sum without ({without}) (rate({metric}{{{selector}}}[5m]))";

    private static string OldOrNew(string old, string now, string label)
    {
        var by = label.Length == 0 ? "" : $" by ({label})";
        return $"sum(rate({old}{{{Stack}}}[5m])){by} or sum(rate({now}{{{Stack}}}[5m])){by}";
    }
}
