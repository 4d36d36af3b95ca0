using NodeDns.Injection.Decide;
using NodeDns.Webhook.Telemetry;

namespace NodeDns.Webhook.Endpoint;

/// <summary>The counters of the main path. Any thread may count.</summary>
internal sealed class ReviewMetrics(MetricRegistry registry, TimeProvider time)
{
    /// <summary>In microseconds. A review takes some tens of them.</summary>
    private static readonly int[] s_bounds = [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 100_000];

    private static readonly string[] s_rejectReasons =
    [
        "empty-body", "not-json", "not-utf8", "not-a-review", "method", "content-type", "too-large", "bad-http",
        "no-memory",
    ];

    private readonly Counter _injected = registry.Counter("nodedns_webhook_injected_total", "Pods that got a patch.");

    private readonly Dictionary<string, Counter> _skipped = registry.Counters(
        "nodedns_webhook_skipped_total", "Pods left as they were, by reason.", "reason", SkipReasons.Names);

    private readonly Dictionary<string, Counter> _undone = registry.Counters(
        "nodedns_webhook_undone_total",
        "Pods that got back what an earlier call had changed, by the reason that has become true since.",
        "reason", SkipReasons.Names);

    private readonly Dictionary<string, Counter> _rejected = registry.Counters(
        "nodedns_webhook_rejected_total", "Calls that were no AdmissionReview, by reason.", "reason", s_rejectReasons);

    private readonly Counter _warnings = registry.Counter(
        "nodedns_webhook_warnings_total", "Warnings sent to whoever made a pod.");

    private readonly Histogram _seconds = registry.Histogram(
        "nodedns_webhook_review_seconds", "Time to answer a review, from its last byte.", s_bounds);

    public long InjectedCount => _injected.Value;

    public long Now() => time.GetTimestamp();

    public void Decided(Decision decision)
    {
        var counter = decision switch
        {
            { Kind: DecisionKind.Undone, Reason: { } reason } => _undone[reason.Name()],
            { Reason: { } reason } => _skipped[reason.Name()],
            _ => _injected,
        };
        counter.Add();
    }

    public long UndoneCount(SkipReason reason) => _undone[reason.Name()].Value;

    public long SkippedCount(SkipReason reason) => _skipped[reason.Name()].Value;

    public void Warned(int count) => _warnings.Add(count);

    public void Rejected(string reason) => _rejected[reason].Add();

    public long RejectedCount(string reason) => _rejected[reason].Value;

    /// <param name="started">A value of <see cref="Now"/>.</param>
    public void Reviewed(long started) => _seconds.Observe(time.GetElapsedTime(started));
}
