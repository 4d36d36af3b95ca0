using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>The possible decisions about a pod.</summary>
public enum DecisionKind
{
    /// <summary>The pod is left unchanged because of <see cref="Decision.Reason"/>.</summary>
    Skipped,

    /// <summary>The pod gets <see cref="Decision.Plan"/>.</summary>
    Injected,

    /// <summary>The pod was injected in an earlier call, and since then <see cref="Decision.Reason"/> has become true.
    /// It gets <see cref="Decision.Original"/> back.</summary>
    Undone,
}

public static class DecisionKinds
{
    /// <summary>The name for the audit log.</summary>
    public static string Name(this DecisionKind kind) => kind switch
    {
        DecisionKind.Injected => "injected",
        DecisionKind.Undone => "undone",
        _ => "skipped",
    };
}

/// <summary>The decision about a pod, and its reason.</summary>
public sealed record Decision
{
    private Decision(DecisionKind kind) => Kind = kind;

    public DecisionKind Kind { get; }

    /// <summary>The settings that an injected pod gets; null otherwise.</summary>
    public DnsPlan? Plan { get; private init; }

    /// <summary>The settings that a pod gets back when its injection is undone; null otherwise.</summary>
    public OriginalDns? Original { get; private init; }

    /// <summary>The pod that is injected or undone; not set for a skipped pod.</summary>
    public PodView Pod { get; private init; }

    /// <summary>Why the pod is skipped or undone; null when it is injected.</summary>
    public SkipReason? Reason { get; private init; }

    /// <summary>Further details about this pod, or null.</summary>
    public string? Detail { get; private init; }

    public static Decision Inject(DnsPlan plan, PodView pod) => new(DecisionKind.Injected) { Plan = plan, Pod = pod };

    public static Decision Undo(OriginalDns original, PodView pod, SkipReason reason) =>
        new(DecisionKind.Undone) { Original = original, Pod = pod, Reason = reason };

    public static Decision Skip(SkipReason reason, string? detail = null) =>
        new(DecisionKind.Skipped) { Reason = reason, Detail = detail };
}
