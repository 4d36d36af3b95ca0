namespace NodeDns.Telemetry;

/// <summary>prometheus runtime_metrics: further metrics of the .NET runtime, as CoreDNS exports those of Go.</summary>
public static class RuntimeMetrics
{
    public static void Register(MetricRegistry registry)
    {
        registry.Gauge("dotnet_gc_heap_bytes", "Bytes of the collected heap in use at the last collection.",
            static () => GC.GetGCMemoryInfo().HeapSizeBytes);
        registry.Gauge("dotnet_gc_fragmented_bytes", "Bytes of the collected heap that were free at the last collection.",
            static () => GC.GetGCMemoryInfo().FragmentedBytes);
        registry.Gauge("dotnet_gc_committed_bytes", "Bytes of memory that the collector holds.",
            static () => GC.GetGCMemoryInfo().TotalCommittedBytes);
        registry.ReadCounter("dotnet_gc_pause_seconds_total", "Time that all threads stood still for collections.",
            static () => GC.GetTotalPauseDuration().TotalSeconds);
        registry.Gauge("dotnet_thread_pool_threads", "Threads of the thread pool.", static () => ThreadPool.ThreadCount);
        registry.ReadCounter("dotnet_thread_pool_items_total", "Work that the thread pool has done.",
            static () => ThreadPool.CompletedWorkItemCount);
        registry.ReadCounter("dotnet_lock_contentions_total", "Times a thread waited for a lock.",
            static () => Monitor.LockContentionCount);
    }
}
