using System.Globalization;
using System.Text;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Options;
using NodeDns.Injection.Patch;
using NodeDns.Webhook.Probe;
using NodeDns.Webhook.Tls;

namespace NodeDns.Webhook.Telemetry;

/// <summary>Writes <c>/metrics</c> in the Prometheus text format 0.0.4. docs/metrics-webhook.md describes
/// each.</summary>
internal sealed class MetricsText(
    WebhookMetrics metrics,
    FileCertificateSource certificate,
    CacheProbe? probe,
    Func<int> namespaceCount,
    WebhookOptions options,
    SettingsSummary settings,
    TimeProvider time)
{
    private readonly double _startSeconds = time.GetUtcNow().ToUnixTimeMilliseconds() / 1e3;

    public SettingsSummary Settings => settings;

    public string Write()
    {
        var page = new Page();
        Reviews(page);
        Environment(page);
        Process(page);
        return page.ToString();
    }

    private void Reviews(Page page)
    {
        page.Family("nodedns_webhook_injected_total", "counter", "Pods that got a patch.");
        page.Sample("nodedns_webhook_injected_total", "", metrics.InjectedCount);
        page.Family("nodedns_webhook_skipped_total", "counter", "Pods left as they were, by reason.");
        foreach (SkipReason reason in Enum.GetValues<SkipReason>())
            page.Sample("nodedns_webhook_skipped_total", $"reason=\"{reason.Name()}\"", metrics.SkippedCount(reason));
        page.Family("nodedns_webhook_rejected_total", "counter", "Calls that were no AdmissionReview, by reason.");
        for (int i = 0; i < WebhookMetrics.RejectReasons.Length; i++)
            page.Sample(
                "nodedns_webhook_rejected_total", $"reason=\"{WebhookMetrics.RejectReasons[i]}\"",
                metrics.RejectedCount(i));
        page.Family("nodedns_webhook_warnings_total", "counter", "Warnings sent to whoever made a pod.");
        page.Sample("nodedns_webhook_warnings_total", "", metrics.WarningCount);
        page.Family("nodedns_webhook_review_seconds", "histogram", "Time to answer a review, from its last byte.");
        long count = 0;
        for (int i = 0; i < WebhookMetrics.BucketMicroseconds.Length; i++)
        {
            count += metrics.BucketCount(i);
            string bound = (WebhookMetrics.BucketMicroseconds[i] / 1e6)
                .ToString("0.######", CultureInfo.InvariantCulture);
            page.Sample("nodedns_webhook_review_seconds_bucket", $"le=\"{bound}\"", count);
        }
        count += metrics.BucketCount(WebhookMetrics.BucketMicroseconds.Length);
        page.Sample("nodedns_webhook_review_seconds_bucket", "le=\"+Inf\"", count);
        page.Sample("nodedns_webhook_review_seconds_sum", "", metrics.ReviewSeconds);
        page.Sample("nodedns_webhook_review_seconds_count", "", count);
    }

    private void Environment(Page page)
    {
        DnsModel dns = options.Dns;
        page.Family("nodedns_webhook_settings_info", "gauge", "1; the settings in use, detected ones included.");
        page.Sample(
            "nodedns_webhook_settings_info",
            $"fingerprint=\"{settings.Fingerprint}\",local_address=\"{string.Join(',', dns.LocalAddresses)}\","
            + $"cluster_dns=\"{string.Join(',', dns.ClusterDns)}\",cluster_domain=\"{dns.ClusterDomain}\","
            + $"host_searches=\"{string.Join(',', dns.HostSearches)}\",fallback=\"{dns.Fallback.Name()}\"",
            1);
        page.Family("nodedns_webhook_build_info", "gauge", "1; the version.");
        page.Sample("nodedns_webhook_build_info", $"version=\"{InjectionStatus.Version}\"", 1);
        page.Family(
            "nodedns_webhook_certificate_expiry_timestamp_seconds", "gauge", "When the certificate in use expires.");
        if (certificate.Current is { } current)
            page.Sample(
                "nodedns_webhook_certificate_expiry_timestamp_seconds", "", current.NotAfter.ToUnixTimeSeconds());
        page.Family("nodedns_webhook_certificate_loads_total", "counter", "Certificates taken into use.");
        page.Sample("nodedns_webhook_certificate_loads_total", "", certificate.Loads);
        page.Family(
            "nodedns_webhook_certificate_failures_total", "counter",
            "Times the files became something that is no usable pair.");
        page.Sample("nodedns_webhook_certificate_failures_total", "", certificate.Failures);
        page.Family(
            "nodedns_webhook_local_cache_up", "gauge",
            "1 when the node cache answers, 0 when not; absent when nobody asks it.");
        page.Family(
            "nodedns_webhook_local_cache_probes_total", "counter",
            "Questions to the node cache, by whether it answered.");
        page.Family("nodedns_webhook_local_cache_probe_seconds", "gauge", "How long its last answer took.");
        if (probe is not null)
        {
            page.Sample(
                "nodedns_webhook_local_cache_up", $"address=\"{dns.LocalAddresses[0]}\"",
                probe.State == CacheState.Answering ? 1 : 0);
            page.Sample("nodedns_webhook_local_cache_probes_total", "answered=\"true\"", probe.Answered);
            page.Sample("nodedns_webhook_local_cache_probes_total", "answered=\"false\"", probe.Unanswered);
            page.Sample("nodedns_webhook_local_cache_probe_seconds", "", probe.LastSeconds);
        }
        page.Family(
            "nodedns_webhook_namespaces", "gauge", "Namespaces known by the watch; 0 without --namespace-settings.");
        page.Sample("nodedns_webhook_namespaces", "", namespaceCount());
    }

    private void Process(Page page)
    {
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        page.Family("nodedns_webhook_allocated_bytes_total", "counter", "Bytes allocated on the managed heap.");
        page.Sample("nodedns_webhook_allocated_bytes_total", "", GC.GetTotalAllocatedBytes());
        page.Family("nodedns_webhook_collections_total", "counter", "Garbage collections.");
        page.Sample("nodedns_webhook_collections_total", "", GC.CollectionCount(0));
        page.Family("process_resident_memory_bytes", "gauge", "Resident memory.");
        page.Sample("process_resident_memory_bytes", "", self.WorkingSet64);
        page.Family("process_cpu_seconds_total", "counter", "Processor time, user and system.");
        page.Sample("process_cpu_seconds_total", "", self.TotalProcessorTime.TotalSeconds);
        page.Family("process_start_time_seconds", "gauge", "When the process started.");
        page.Sample("process_start_time_seconds", "", _startSeconds);
    }

    private sealed class Page
    {
        private readonly StringBuilder _text = new(4096);

        public void Family(string name, string type, string help) =>
            _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n')
                .Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

        public void Sample(string name, string labels, double value)
        {
            _text.Append(name);
            if (labels.Length > 0)
                _text.Append('{').Append(labels).Append('}');
            _text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }

        public override string ToString() => _text.ToString();
    }
}
