using NodeDns.Cli.Workloads;

namespace NodeDns.Cli.Rollouts;

/// <summary>The workloads that a rollout restarts, and those that have to be restarted in another way.</summary>
/// <param name="Restart">The workloads to restart, in this order.</param>
/// <param name="Left">The workloads that it cannot restart.</param>
internal sealed record RolloutPlan(IReadOnlyList<WorkloadRow> Restart, IReadOnlyList<WorkloadRow> Left)
{
    /// <param name="rows">The workloads of the namespace.</param>
    /// <param name="toCache">True to move to the cache, false to move back.</param>
    /// <param name="named">Names such as deployment/web; empty for all.</param>
    /// <exception cref="Cluster.ClusterException">A name belongs to no workload that has pods.</exception>
    public static RolloutPlan Make(IReadOnlyList<WorkloadRow> rows, bool toCache, IReadOnlyCollection<string> named)
    {
        foreach (var name in named)
        {
            if (!rows.Any(row => Is(row, name)))
            {
                throw new Cluster.ClusterException($"{name}: there is no such workload with pods; kubectl nodedns report --all lists them");
            }
        }

        var waiting = rows.Where(row => (toCache ? row.Tally.Pending : row.Tally.Returning) > 0
            && (named.Count == 0 || named.Any(name => Is(row, name)))).ToList();
        return new RolloutPlan(
            [.. waiting.Where(row => Mover.CanRestart(row.Key, row.State))],
            [.. waiting.Where(row => !Mover.CanRestart(row.Key, row.State))]);
    }

    /// <summary>Compares with kind/name, where the kind is singular, plural or short, as in kubectl.</summary>
    private static bool Is(WorkloadRow row, string name)
    {
        if (name.Split('/') is not [var kind, var rest] || rest != row.Key.Name)
        {
            return false;
        }

        var full = row.Key.Kind.ToLowerInvariant();
        return kind.ToLowerInvariant() switch
        {
            "deploy" => full == "deployment",
            "sts" => full == "statefulset",
            "ds" => full == "daemonset",
            "rs" => full == "replicaset",
            "cj" => full == "cronjob",
            "po" => full == "pod",
            var typed => typed.Split('.')[0] is var one && (one == full || one == full + "s"),
        };
    }
}
