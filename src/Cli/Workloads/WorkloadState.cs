using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Workloads;

/// <summary>What a workload's object says about recreating its pods.</summary>
internal sealed record WorkloadState
{
    public bool IsPaused { get; init; }

    /// <summary>updateStrategy OnDelete: pods are replaced only when somebody deletes the old ones.</summary>
    public bool IsOnDelete { get; init; }

    /// <summary>True when every replica has the latest revision and is ready.</summary>
    public bool IsComplete { get; init; }

    /// <summary>Why the rollout has stopped; null while it goes on.</summary>
    public string? Failure { get; init; }

    public int Wanted { get; init; }

    public int Updated { get; init; }

    /// <summary>Reads a Deployment, StatefulSet, DaemonSet or Rollout.</summary>
    public static WorkloadState Read(string kind, JsonElement item)
    {
        var spec = item.Member("spec"u8);
        var status = item.Member("status"u8);
        var isSeen = ObjectView.Number(status, "observedGeneration"u8) >= ObjectView.Number(item.Member("metadata"u8), "generation"u8);
        var strategy = spec.Member("updateStrategy"u8);
        var (wanted, updated, ready, all) = kind == "DaemonSet"
            ? (ObjectView.Number(status, "desiredNumberScheduled"u8), ObjectView.Number(status, "updatedNumberScheduled"u8),
                ObjectView.Number(status, "numberAvailable"u8), ObjectView.Number(status, "desiredNumberScheduled"u8))
            : (spec.Member("replicas"u8).IsAbsent ? 1 : ObjectView.Number(spec, "replicas"u8),
                ObjectView.Number(status, "updatedReplicas"u8),
                ObjectView.Number(status, kind == "StatefulSet" ? "readyReplicas"u8 : "availableReplicas"u8),
                ObjectView.Number(status, "replicas"u8));
        var partition = ObjectView.Number(strategy.Member("rollingUpdate"u8), "partition"u8);
        return new WorkloadState
        {
            IsPaused = spec.Member("paused"u8).IsTrue,
            IsOnDelete = strategy.Says("type"u8, "OnDelete"u8),
            Wanted = wanted,
            Updated = updated,
            IsComplete = kind == "Rollout"
                ? status.Says("phase"u8, "Healthy"u8)
                : isSeen && updated >= wanted - partition && ready >= wanted && all <= Math.Max(wanted, updated),
            Failure = ObjectView.Condition(item, "Progressing") is { } progress && isSeen && progress.Says("status"u8, "False"u8)
                && progress.Says("reason"u8, "ProgressDeadlineExceeded"u8)
                ? progress.Text("message"u8)
                : null,
        };
    }
}
