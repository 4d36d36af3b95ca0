namespace NodeDns.Webhook.Telemetry;

/// <summary>The standard metrics of a process, with the names that all Prometheus clients use.</summary>
internal static class ProcessMetrics
{
    public static void Declare(MetricRegistry registry, TimeProvider time)
    {
        var startSeconds = time.GetUtcNow().ToUnixTimeMilliseconds() / 1e3;
        registry.Read(
            "nodedns_webhook_allocated_bytes_total", "counter", "Bytes allocated on the managed heap.",
            () => GC.GetTotalAllocatedBytes());
        registry.Read(
            "nodedns_webhook_collections_total", "counter", "Garbage collections.", () => GC.CollectionCount(0));
        registry.Read(
            "process_resident_memory_bytes", "gauge", "Resident memory.", () => Environment.WorkingSet);
        registry.Read(
            "process_cpu_seconds_total", "counter", "Processor time, user and system.",
            () => Environment.CpuUsage.TotalTime.TotalSeconds);
        registry.Read("process_start_time_seconds", "gauge", "When the process started.", () => startSeconds);
    }
}
