using NodeDns.Injection.Admission;

namespace NodeDns.Injection.Decide;

/// <summary>What can happen to a pod.</summary>
public enum DecisionKind
{
    /// <summary>It stays as it is, for <see cref="Decision.Reason"/>.</summary>
    Skipped,

    /// <summary>It gets <see cref="Decision.Plan"/>.</summary>
    Injected,

    /// <summary>It was injected in an earlier call, and <see cref="Decision.Reason"/> has become true since: it gets
    /// <see cref="Decision.Original"/> back.</summary>
    Undone,
}

public static class DecisionKinds
{
    /// <summary>As the audit log has it.</summary>
    public static string Name(this DecisionKind kind) => kind switch
    {
        DecisionKind.Injected => "injected",
        DecisionKind.Undone => "undone",
        _ => "skipped",
    };
}

/// <summary>What happens to a pod, and why.</summary>
public sealed record Decision
{
    private Decision(DecisionKind kind) => Kind = kind;

    public DecisionKind Kind { get; }

    /// <summary>What an injected pod gets; else null.</summary>
    public DnsPlan? Plan { get; private init; }

    /// <summary>What an undone pod gets back; else null.</summary>
    public OriginalDns? Original { get; private init; }

    /// <summary>The pod that is injected or undone; of a skipped one nothing.</summary>
    public PodView Pod { get; private init; }

    /// <summary>Why the pod is skipped or undone; null when it is injected.</summary>
    public SkipReason? Reason { get; private init; }

    /// <summary>More about this pod than the reason says, or null.</summary>
    public string? Detail { get; private init; }

    public static Decision Inject(DnsPlan plan, PodView pod) => new(DecisionKind.Injected) { Plan = plan, Pod = pod };

    public static Decision Undo(OriginalDns original, PodView pod, SkipReason reason) =>
        new(DecisionKind.Undone) { Original = original, Pod = pod, Reason = reason };

    public static Decision Skip(SkipReason reason, string? detail = null) =>
        new(DecisionKind.Skipped) { Reason = reason, Detail = detail };
}
