using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>What happens to a pod: a plan, or the reason why nothing does.</summary>
public readonly struct Decision
{
    private Decision(DnsPlan? plan, PodView pod, SkipReason reason, string? detail)
    {
        Plan = plan;
        Pod = pod;
        Reason = reason;
        Detail = detail;
    }

    /// <summary>Null when the pod is skipped.</summary>
    public DnsPlan? Plan { get; }

    /// <summary>Meaningful only with a plan.</summary>
    public PodView Pod { get; }

    /// <summary>Meaningful only without a plan.</summary>
    public SkipReason Reason { get; }

    /// <summary>More about this pod than the reason says, or null.</summary>
    public string? Detail { get; }

    public static Decision Inject(DnsPlan plan, PodView pod) => new(plan, pod, default, null);

    public static Decision Skip(SkipReason reason, string? detail = null) => new(null, default, reason, detail);
}
