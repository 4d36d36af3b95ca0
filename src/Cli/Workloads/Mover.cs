using NodeDns.Cli.Cluster;
using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Workloads;

/// <summary>How the pods of each kind of workload are recreated, and what to tell the user if nothing does
/// that.</summary>
internal static class Mover
{
    private static readonly Dictionary<string, ApiPath> s_restartable = new()
    {
        ["Deployment.apps"] = ApiPath.Deployments,
        ["StatefulSet.apps"] = ApiPath.StatefulSets,
        ["DaemonSet.apps"] = ApiPath.DaemonSets,
        ["Rollout.argoproj.io"] = ApiPath.Rollouts,
    };

    /// <returns>null when the kind has no rollout.</returns>
    public static ApiPath? Restartable(WorkloadKey key) => s_restartable.GetValueOrDefault($"{key.Kind}.{key.Group}");

    /// <summary>The lists of the workloads that <c>rollout</c> can restart.</summary>
    public static IEnumerable<(string Kind, ApiPath Path)> ToRead(IEnumerable<WorkloadKey> keys) =>
        keys.Where(key => Restartable(key) is not null).Select(key => (key.Kind, Restartable(key)!)).Distinct();

    /// <summary>True when <c>rollout</c> can restart it.</summary>
    public static bool CanRestart(WorkloadKey key, WorkloadState? state) =>
        Restartable(key) is not null && state is null or { IsPaused: false, IsOnDelete: false };

    /// <summary>What the user can do to move the pods that would be different if they were recreated.</summary>
    public static string NextStep(WorkloadKey key, WorkloadState? state) => (key.Kind, state) switch
    {
        (_, { IsPaused: true }) => $"it is paused: resume it ({Resume(key)}), then kubectl nodedns rollout -n {key.Namespace}",
        (_, { IsOnDelete: true }) => "delete its pods one by one: updateStrategy is OnDelete",
        _ when Restartable(key) is not null => $"kubectl nodedns rollout -n {key.Namespace} {key.Short}",
        ("ReplicaSet" or "ReplicationController", _) => "delete its pods one by one: nothing rolls it out",
        ("Job", _) => "nothing to do: the pods of its next run",
        ("CronJob", _) => "nothing to do: its next run",
        ("Pod", _) => "delete it and create it again: nothing owns it",
        ("DeploymentConfig", _) => $"oc rollout latest -n {key.Namespace} dc/{key.Name}",
        _ => $"let the controller of {key.Kind} make its pods anew",
    };

    /// <summary>The command that moves what can be moved of a namespace; empty when there is nothing to move.</summary>
    public static string NextStep(string @namespace, Tally tally) =>
        tally.Pending > 0 ? $"kubectl nodedns rollout -n {@namespace}"
        : tally.Returning > 0 ? $"kubectl nodedns rollout -n {@namespace} --to cluster-dns"
        : tally.Skipped.ContainsKey(SkipReason.NotOptedIn) ? $"kubectl nodedns rollout -n {@namespace} --label"
        : "";

    private static string Resume(WorkloadKey key) => key.Kind == "Rollout"
        ? $"kubectl argo rollouts promote -n {key.Namespace} {key.Name}"
        : $"kubectl rollout resume -n {key.Namespace} {key.Short}";
}
