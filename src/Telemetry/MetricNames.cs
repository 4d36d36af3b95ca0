namespace NodeDns.Telemetry;

/// <summary>The name and help text of every metric, and the histogram buckets.</summary>
/// <remarks>Names, labels and buckets are those of CoreDNS and node-cache, old and new, because dashboards and alerts
/// use them. Names that start with <c>nodedns_</c> are ours. docs/metrics.md lists all, and a test compares that page
/// with a scrape.</remarks>
public static class MetricNames
{
    /// <summary>In seconds: from 0.25 ms, doubled each time, to 8.192 s (CoreDNS plugin.TimeBuckets).
    /// <see cref="TimeBucket"/> computes the index.</summary>
    public static readonly double[] TimeBuckets = [.. Enumerable.Range(0, 16).Select(n => 0.00025 * (1 << n))];

    /// <summary>In seconds: from 0.25 ms to 2.5 s in powers of ten (CoreDNS plugin.SlimTimeBuckets).</summary>
    public static readonly double[] SlimTimeBuckets = [0.00025, 0.0025, 0.025, 0.25, 2.5];

    /// <summary>In octets. <see cref="SizeBucket"/> computes the index.</summary>
    public static readonly double[] SizeBuckets =
        [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3];

    // Server: labels server, zone, view.
    public const string Requests = "coredns_dns_requests_total";
    public const string RequestsHelp = "Counter of DNS requests made per zone, protocol and family.";
    public const string RequestDuration = "coredns_dns_request_duration_seconds";
    public const string RequestDurationHelp = "Histogram of the time (in seconds) each request took per zone.";
    public const string RequestSize = "coredns_dns_request_size_bytes";
    public const string RequestSizeHelp = "Size of the request in bytes per zone and protocol.";
    public const string ResponseSize = "coredns_dns_response_size_bytes";
    public const string ResponseSizeHelp = "Size of the returned response in bytes.";
    public const string DoRequests = "coredns_dns_do_requests_total";
    public const string DoRequestsHelp = "Counter of DNS requests with DO bit set per zone.";
    public const string Responses = "coredns_dns_responses_total";
    public const string ResponsesHelp = "Counter of response status codes.";

    // Cache: labels server, zones, view.
    public const string CacheEntries = "coredns_cache_entries";
    public const string CacheEntriesHelp = "The number of elements in the cache.";
    public const string CacheRequests = "coredns_cache_requests_total";
    public const string CacheRequestsHelp = "The count of cache requests.";
    public const string CacheHits = "coredns_cache_hits_total";
    public const string CacheHitsHelp = "The count of cache hits.";
    public const string CacheMisses = "coredns_cache_misses_total";
    public const string CacheMissesHelp =
        "The count of cache misses. Deprecated, derive misses from cache hits/requests counters.";
    public const string CachePrefetches = "coredns_cache_prefetch_total";
    public const string CachePrefetchesHelp = "The number of times the cache has prefetched a cached item.";
    public const string CacheDrops = "coredns_cache_drops_total";
    public const string CacheDropsHelp =
        "The number responses that are not cached, because the reply is malformed.";
    public const string CacheServedStale = "coredns_cache_served_stale_total";
    public const string CacheServedStaleHelp = "The number of requests served from stale cache entries.";
    public const string CacheEvictions = "coredns_cache_evictions_total";
    public const string CacheEvictionsHelp = "The count of cache evictions.";

    // Upstreams: labels proxy_name and to since CoreDNS 1.11, only to before that.
    public const string ProxyDuration = "coredns_proxy_request_duration_seconds";
    public const string ProxyDurationHelp = "Histogram of the time each request took.";
    public const string ProxyHealthFailures = "coredns_proxy_healthcheck_failures_total";
    public const string ProxyHealthFailuresHelp = "Counter of the number of failed healthchecks.";
    public const string ProxyConnHits = "coredns_proxy_conn_cache_hits_total";
    public const string ProxyConnHitsHelp = "Counter of connection cache hits per upstream and protocol.";
    public const string ProxyConnMisses = "coredns_proxy_conn_cache_misses_total";
    public const string ProxyConnMissesHelp = "Counter of connection cache misses per upstream and protocol.";
    public const string ForwardRequests = "coredns_forward_requests_total";
    public const string ForwardRequestsHelp = "Counter of requests made per upstream.";
    public const string ForwardResponses = "coredns_forward_responses_total";
    public const string ForwardResponsesHelp = "Counter of responses received per upstream.";
    public const string ForwardDuration = "coredns_forward_request_duration_seconds";
    public const string ForwardDurationHelp = "Histogram of the time each request took.";
    public const string ForwardHealthFailures = "coredns_forward_healthcheck_failures_total";
    public const string ForwardHealthFailuresHelp = "Counter of the number of failed healthchecks.";
    public const string ForwardConnHits = "coredns_forward_conn_cache_hits_total";
    public const string ForwardConnHitsHelp = "Counter of connection cache hits per upstream and protocol.";
    public const string ForwardConnMisses = "coredns_forward_conn_cache_misses_total";
    public const string ForwardConnMissesHelp = "Counter of connection cache misses per upstream and protocol.";
    public const string ForwardHealthBroken = "coredns_forward_healthcheck_broken_total";
    public const string ForwardHealthBrokenHelp =
        "Counter of the number of complete failures of the healthchecks.";
    public const string ForwardRejects = "coredns_forward_max_concurrent_rejects_total";
    public const string ForwardRejectsHelp =
        "Counter of the number of queries rejected because the concurrent queries were at maximum.";

    // The process, with the names of CoreDNS and node-cache.
    public const string Panics = "coredns_panics_total";
    public const string PanicsHelp = "A metrics that counts the number of panics.";
    public const string BuildInfo = "coredns_build_info";
    public const string BuildInfoHelp =
        "A metric with a constant '1' value labeled by version, revision, and goversion (here: the .NET runtime).";
    public const string PluginEnabled = "coredns_plugin_enabled";
    public const string PluginEnabledHelp =
        "A metric that indicates whether a plugin is enabled on per server and zone basis.";
    public const string HealthDuration = "coredns_health_request_duration_seconds";
    public const string HealthDurationHelp = "Histogram of the time (in seconds) each request took.";
    public const string HealthFailures = "coredns_health_request_failures_total";
    public const string HealthFailuresHelp = "The number of times the health check failed.";
    public const string ReloadFailed = "coredns_reload_failed_total";
    public const string ReloadFailedHelp = "Counter of the number of failed reload attempts.";
    public const string ReloadVersion = "coredns_reload_version_info";
    public const string ReloadVersionHelp =
        "A metric with a constant '1' value labeled by hash, and value which type of hash generated.";
    public const string SetupErrors = "coredns_nodecache_setup_errors_total";
    public const string SetupErrorsHelp = "The number of errors during periodic network setup for node-cache.";
    public const string SetupErrorsOld = "coredns_nodecache_setup_errors";

    // Plugins.
    public const string HostsEntries = "coredns_hosts_entries";
    public const string HostsEntriesHelp = "The combined number of entries in hosts and Corefile.";
    public const string HostsReload = "coredns_hosts_reload_timestamp_seconds";
    public const string HostsReloadHelp = "The timestamp of the last reload of hosts file.";
    public const string Dns64Translated = "coredns_dns64_requests_translated_total";
    public const string Dns64TranslatedHelp = "Counter of DNS requests translated by dns64.";
    public const string AclBlocked = "coredns_acl_blocked_requests_total";
    public const string AclBlockedHelp = "Counter of DNS requests being blocked.";
    public const string AclFiltered = "coredns_acl_filtered_requests_total";
    public const string AclFilteredHelp = "Counter of DNS requests being filtered.";
    public const string AclAllowed = "coredns_acl_allowed_requests_total";
    public const string AclAllowedHelp = "Counter of DNS requests being allowed.";
    public const string AclDropped = "coredns_acl_dropped_requests_total";
    public const string AclDroppedHelp = "Counter of DNS requests being dropped.";
    public const string Localhost = "coredns_local_localhost_requests_total";
    public const string LocalhostHelp = "Counter of special localhost subdomain requests.";
    public const string TemplateMatches = "coredns_template_matches_total";
    public const string TemplateMatchesHelp = "Counter of template regex matches.";
    public const string TemplateFailures = "coredns_template_template_failures_total";
    public const string TemplateFailuresHelp = "Counter of go template failures.";
    public const string TemplateRrFailures = "coredns_template_rr_failures_total";
    public const string TemplateRrFailuresHelp = "Counter of mis-templated RRs.";

    // Names from before CoreDNS 1.7, which Grafana dashboard 5926 and nodelocaldns-mixin still use.
    public const string RequestCount = "coredns_dns_request_count_total";
    public const string RequestTypeCount = "coredns_dns_request_type_count_total";
    public const string RequestDoCount = "coredns_dns_request_do_count_total";
    public const string ResponseRcodeCount = "coredns_dns_response_rcode_count_total";
    public const string PanicCount = "coredns_panic_count_total";
    public const string CacheSize = "coredns_cache_size";
    public const string ForwardRequestCount = "coredns_forward_request_count_total";
    public const string ForwardResponseRcodeCount = "coredns_forward_response_rcode_count_total";
    public const string ForwardHealthFailureCount = "coredns_forward_healthcheck_failure_count_total";

    // Our own metrics.
    public const string ForwardEndpoints = "nodedns_cache_forward_endpoints";
    public const string ForwardEndpointsHelp = "Pods of cluster DNS that a forward's endpoints name, and that are asked themselves.";
    public const string KernelDrops = "nodedns_cache_kernel_drops_total";
    public const string KernelDropsHelp =
        "Queries the kernel dropped because the receive buffer of a UDP socket was full.";
    public const string SpoofedReplies = "nodedns_cache_spoofed_replies_total";
    public const string SpoofedRepliesHelp =
        "Upstream replies dropped because their id, source or question did not match what was asked.";
    public const string Coalesced = "nodedns_cache_coalesced_requests_total";
    public const string CoalescedHelp = "Misses that joined an identical question already asked upstream.";
    public const string CutDenials = "nodedns_cache_denials_cut_total";
    public const string CutDenialsHelp = "Names denied from memory by search_cut, without asking cluster DNS.";
    public const string KernelAnswers = "nodedns_cache_kernel_answers_total";
    public const string KernelAnswersHelp = "Cache hits that were answered in the kernel, before they reached a socket.";
    public const string KernelAnswerCopies = "nodedns_cache_kernel_copies";
    public const string KernelAnswerCopiesHelp = "Answers that the kernel has copies of.";
    public const string CutProbes = "nodedns_cache_cut_probes_total";
    public const string CutProbesHelp = "Questions of search_cut for the names below which it denies.";
    public const string CutSamples = "nodedns_cache_cut_samples_total";
    public const string CutSamplesHelp = "Denials of search_cut that were checked with cluster DNS.";
    public const string CutDisagreements = "nodedns_cache_cut_disagreements_total";
    public const string CutDisagreementsHelp =
        "Times cluster DNS had a name that search_cut would have denied. The label is then off for an hour.";
    public const string AskedAhead = "nodedns_cache_asked_ahead_total";
    public const string AskedAheadHelp = "Outside names asked for with the first question of a search list.";
    public const string BudgetBytes = "nodedns_cache_budget_bytes";
    public const string BudgetBytesHelp = "The memory budget of the cache (--memory).";
    public const string UsedBytes = "nodedns_cache_used_bytes";
    public const string UsedBytesHelp = "How much of the budget is held by answers and their index.";
    public const string Evictions = "nodedns_cache_evictions_total";
    public const string EvictionsHelp = "Answers evicted for want of room in the budget.";
    public const string ClientQueries = "nodedns_client_queries_total";
    public const string ClientQueriesHelp = "Lookups by client. Those answered at once are sampled.";
    public const string ClientMisses = "nodedns_client_misses_total";
    public const string ClientMissesHelp = "Lookups that waited for an upstream server, by client.";
    public const string ClientNxDomain = "nodedns_client_nxdomain_total";
    public const string ClientNxDomainHelp = "Lookups answered NXDOMAIN, by client. Those answered at once are sampled.";
    public const string ClientFailures = "nodedns_client_failures_total";
    public const string ClientFailuresHelp = "Lookups answered SERVFAIL, by client. Those answered at once are sampled.";
    public const string DnstapDropped = "nodedns_cache_dnstap_dropped_total";
    public const string DnstapDroppedHelp = "Messages that no dnstap collector could be sent.";
    public const string LoopsDetected = "nodedns_cache_loops_detected_total";
    public const string LoopsDetectedHelp = "Times the loop probe came back to this server.";
    public const string Connections = "nodedns_cache_tcp_connections";
    public const string ConnectionsHelp = "Open TCP connections of clients.";

    // The standard metrics of a process.
    public const string ResidentMemory = "process_resident_memory_bytes";
    public const string ResidentMemoryHelp = "Resident memory size in bytes.";
    public const string VirtualMemory = "process_virtual_memory_bytes";
    public const string VirtualMemoryHelp = "Virtual memory size in bytes.";
    public const string CpuSeconds = "process_cpu_seconds_total";
    public const string CpuSecondsHelp = "Total user and system CPU time spent in seconds.";
    public const string OpenFds = "process_open_fds";
    public const string OpenFdsHelp = "Number of open file descriptors.";
    public const string MaxFds = "process_max_fds";
    public const string MaxFdsHelp = "Maximum number of open file descriptors.";
    public const string StartTime = "process_start_time_seconds";
    public const string StartTimeHelp = "Start time of the process since unix epoch in seconds.";
    public const string Goroutines = "go_goroutines";
    public const string GoroutinesHelp =
        "Number of threads of this process; it has no goroutines, but dashboards of CoreDNS ask for this name.";
    public const string GcCollections = "dotnet_gc_collections_total";
    public const string GcCollectionsHelp = "Garbage collections since the process started, by generation.";
    public const string GcAllocated = "dotnet_gc_allocated_bytes_total";
    public const string GcAllocatedHelp = "Bytes allocated on the collected heap since the process started.";
}
