using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Workloads;

/// <summary>The counts of one workload's pods.</summary>
internal sealed class Tally
{
    public int Pods { get; private set; }

    public int OnCache { get; private set; }

    public int Pending { get; private set; }

    public int Returning { get; private set; }

    /// <summary>The reasons for which pods do not use the cache, with the number of pods.</summary>
    public SortedDictionary<SkipReason, int> Skipped { get; } = [];

    /// <summary>The NetworkPolicies that keep pods from the cache, with the number of pods that use it or
    /// will.</summary>
    public SortedDictionary<string, int> Blocked { get; } = new(StringComparer.Ordinal);

    public int SkippedPods => Skipped.Values.Sum();

    /// <summary>True when its pods do not use the cache for a reason that is not one of the whole namespace.</summary>
    public bool IsSkippedByItself => Skipped.Keys.Any(reason =>
        reason is not (SkipReason.NotOptedIn or SkipReason.NamespaceOptedOut or SkipReason.NamespaceExcluded));

    /// <param name="pod">The pod.</param>
    /// <param name="count">1, or -1 for a pod that has gone.</param>
    public void Add(PodRecord pod, int count)
    {
        Pods += count;
        OnCache += pod.Standing == Standing.OnCache ? count : 0;
        Pending += pod.Standing == Standing.Pending ? count : 0;
        Returning += pod.Standing == Standing.Returning ? count : 0;
        if (pod is { Standing: Standing.Skipped, Reason: { } reason })
        {
            Count(Skipped, reason, count);
        }

        foreach (var policy in pod.Blocking)
        {
            Count(Blocked, policy.Name, count);
        }
    }

    public void Add(Tally other)
    {
        Pods += other.Pods;
        OnCache += other.OnCache;
        Pending += other.Pending;
        Returning += other.Returning;
        foreach (var (reason, count) in other.Skipped)
        {
            Count(Skipped, reason, count);
        }

        foreach (var (policy, count) in other.Blocked)
        {
            Count(Blocked, policy, count);
        }
    }

    private static void Count<T>(SortedDictionary<T, int> counts, T key, int count)
        where T : notnull
    {
        counts[key] = counts.GetValueOrDefault(key) + count;
        if (counts[key] == 0)
        {
            counts.Remove(key);
        }
    }
}
