using NodeDns.Telemetry;

namespace NodeDns.Guard;

/// <summary>The guard's counters. A problem is counted and logged in one call, so that neither can be
/// forgotten.</summary>
internal sealed class GuardMetrics
{
    /// <summary>The same problem is logged again after this time.</summary>
    private const long RepeatMs = 600_000;

    private readonly GuardLog _log;
    private readonly Dictionary<string, (string Message, long AtMs)> _last = [];
    private readonly Dictionary<string, int> _errors = [];
    private readonly Dictionary<string, int> _setupErrors = [];
    private readonly int _relayedDatagrams;
    private readonly int _relayedReplies;
    private readonly int _rescuedQueries;
    private readonly int _relayedConnections;
    private readonly int _handovers;
    private readonly int _hangs;
    private readonly int _resetConnections;
    private readonly int _wrongAnswers;
    private readonly int _relayedMs;
    private readonly Dictionary<string, int> _takeovers = [];
    private readonly Dictionary<string, int> _deaths = [];

    public GuardMetrics(MetricRegistry registry, GuardLog log)
    {
        Registry = registry;
        _log = log;
        foreach (var reason in ProblemReason.All)
        {
            _errors[reason] = registry.Counter(
                "nodedns_guard_errors_total", "Problems, each also one line in the log.", ("reason", reason));
        }
        foreach (var type in new[] { "iptables", "iptables_lock", "interface_add", "interface_check", "configmap" })
        {
            _setupErrors[type] = registry.Counter(
                "coredns_nodecache_setup_errors_total",
                "The number of errors during periodic network setup for node-cache.",
                ("errortype", type));
        }
        foreach (var way in new[] { "from", "to" })
        {
            _takeovers[way] = registry.Counter(
                "nodedns_guard_takeovers_total", "Sockets taken from, or given to, another pod's guard.", ("way", way));
        }
        foreach (var kind in new[] { "crash", "leave" })
        {
            _deaths[kind] = registry.Counter(
                "nodedns_guard_cache_ends_total", "Caches that went away.", ("kind", kind));
        }
        _relayedDatagrams = registry.Counter("nodedns_guard_relayed_queries_total",
            "Datagrams relayed to cluster DNS.");
        _relayedReplies = registry.Counter("nodedns_guard_relayed_replies_total", "Datagrams relayed back to clients.");
        _rescuedQueries = registry.Counter("nodedns_guard_rescued_queries_total",
            "Datagrams that a cache had read and not answered when it died or hung, relayed to cluster DNS.");
        _relayedConnections = registry.Counter(
            "nodedns_guard_relayed_connections_total", "TCP connections relayed to cluster DNS.");
        _relayedMs = registry.Counter("nodedns_guard_relaying_milliseconds_total", "Time spent relaying.");
        _handovers = registry.Counter("nodedns_guard_handovers_total", "Times that a cache was given the sockets.");
        _hangs = registry.Counter("nodedns_guard_cache_hangs_total",
            "Times that the cache stopped reading its sockets.");
        _wrongAnswers = registry.Counter(
            "nodedns_guard_wrong_answers_total", "Probes that the cache failed and cluster DNS answered.");
        _resetConnections = registry.Counter(
            "nodedns_guard_reset_connections_total",
                "TCP connections of a hung cache that were reset to free clients.");
    }

    public void WrongAnswer() => Registry.Increment(_wrongAnswers);

    public MetricRegistry Registry { get; }

    /// <summary>Registers the gauges that show the guard's status.</summary>
    public void Watch(Func<GuardStatus> status)
    {
        foreach (var state in Enum.GetValues<GuardState>())
        {
            Registry.Gauge("nodedns_guard_state", "1 for the state the guard is in.",
                () => status().State == state ? 1 : 0, ("state", state.ToString().ToLowerInvariant()));
        }
        foreach (var trust in Enum.GetValues<CacheTrust>())
        {
            Registry.Gauge("nodedns_guard_cache_trust", "1 for how far the guard trusts its cache.",
                () => status().Trust == trust ? 1 : 0, ("trust", trust.ToString().ToLowerInvariant()));
        }
        Registry.Gauge("nodedns_guard_cache_ready", "1 while a cache reads the sockets and turns.",
            () => status() is { State: GuardState.Guarding, Trust: CacheTrust.Fresh or CacheTrust.Serving } ? 1 : 0);
        Registry.Gauge("nodedns_guard_relaying", "1 while the guard answers by relaying to cluster DNS.",
            () => status().IsRelaying ? 1 : 0);
        Registry.Gauge("nodedns_guard_queue_bytes",
            "Bytes in the UDP sockets, and connections not yet accepted.", () => status().Waiting);
        Registry.Gauge("nodedns_guard_leaving_addresses",
            "Addresses that are no longer configured, and relayed while they are asked.", () => status().Leaving.Count);
        Registry.Gauge("nodedns_guard_absent_addresses",
            "Addresses that are configured, and that this node cannot carry.", () => status().Absent.Count);
        const string interfaces = "nodedns_guard_kernel_answers_interfaces";
        const string help = "Pods' interfaces, by whether hot names are answered there or somebody else's program was found.";
        Registry.Gauge(interfaces, help, () => status().KernelAnswers.Attached, ("state", "attached"));
        Registry.Gauge(interfaces, help, () => status().KernelAnswers.LeftAlone.Count, ("state", "left_alone"));
    }

    /// <summary>Counts and logs a problem. The same message again is only counted for ten minutes.</summary>
    public void Problem(GuardProblem problem)
    {
        var (reason, message) = problem;
        Registry.Increment(_errors[reason]);
        if (ProblemReason.SetupErrorOf(reason) is { } setup)
        {
            Registry.Increment(_setupErrors[setup]);
        }
        lock (_last)
        {
            var nowMs = Environment.TickCount64;
            if (_last.TryGetValue(reason, out var last) && last.Message == message && nowMs - last.AtMs < RepeatMs)
            {
                return;
            }
            _last[reason] = (message, nowMs);
        }
        _log.Problem(message);
    }

    public void RelayedQuery() => Registry.Increment(_relayedDatagrams);

    public void RelayedReply() => Registry.Increment(_relayedReplies);

    public void RescuedQuery() => Registry.Increment(_rescuedQueries);

    public void RelayedConnection() => Registry.Increment(_relayedConnections);

    public void Relayed(long milliseconds) => Registry.Add(_relayedMs, milliseconds);

    public void HandedOver() => Registry.Increment(_handovers);

    public void Hung() => Registry.Increment(_hangs);

    public void ResetConnections(int count) => Registry.Add(_resetConnections, count);

    public void Takeover(string way) => Registry.Increment(_takeovers[way]);

    public void CacheEnded(bool crashed) => Registry.Increment(_deaths[crashed ? "crash" : "leave"]);
}
