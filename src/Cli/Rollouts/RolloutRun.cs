using NodeDns.Cli.Cluster;
using NodeDns.Cli.Workloads;

namespace NodeDns.Cli.Rollouts;

/// <summary>Restarts workloads, a few at a time, and stops at the first that fails. The pods themselves show what was
/// done, so another run continues where this one stopped.</summary>
internal sealed class RolloutRun(ApiClient api, TimeProvider time, Action<string> say)
{
    private readonly List<string> _done = [];
    private readonly List<string> _begun = [];
    private readonly Lock _gate = new();

    public int MaxParallel { get; init; } = 2;

    /// <summary>The time for one workload.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <param name="workloads">The workloads to restart.</param>
    /// <param name="isPending">Tells whether a workload still has pods to move.</param>
    /// <param name="cancel">On Ctrl-C nothing more is restarted, and rollouts that have begun go on in the
    /// cluster.</param>
    /// <returns>The first failure; null when there is none.</returns>
    public async Task<string?> RunAsync(
        IReadOnlyList<WorkloadRow> workloads, Func<WorkloadKey, CancellationToken, Task<bool>> isPending, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var queue = new Queue<WorkloadRow>(workloads);
        string? failure = null;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(MaxParallel, workloads.Count)).Select(_ => WorkAsync()));
        return failure;

        async Task WorkAsync()
        {
            while (Next() is { } row)
            {
                try
                {
                    var why = await OneAsync(row, isPending, cancel);
                    if (why is not null)
                    {
                        Fail($"{row.Key.Short}: {why}");
                    }
                }
                catch (ClusterException e)
                {
                    Fail($"{row.Key.Short}: {e.Message}{(e.Remedy is { } remedy ? "\n" + remedy : "")}");
                }
            }
        }

        WorkloadRow? Next()
        {
            lock (_gate)
            {
                return !stop.IsCancellationRequested && queue.TryDequeue(out var row) ? row : null;
            }
        }

        void Fail(string why)
        {
            lock (_gate)
            {
                failure ??= why;
                stop.Cancel();
            }
        }
    }

    /// <summary>What has been done so far, printed when the user interrupts.</summary>
    public string Summary()
    {
        lock (_gate)
        {
            var under = _begun.Except(_done).ToList();
            return $"{_done.Count} done" + (_done.Count > 0 ? $" ({string.Join(", ", _done)})" : "")
                + (under.Count > 0 ? $"; restarted, and going on without me: {string.Join(", ", under)}" : "");
        }
    }

    private async Task<string?> OneAsync(WorkloadRow row, Func<WorkloadKey, CancellationToken, Task<bool>> isPending, CancellationToken cancel)
    {
        var restart = new Restart(api, row.Key, time);
        if (row.State is { IsComplete: false })
        {
            // A rollout that somebody else or an earlier run has started. It recreates the pods already.
            say($"{row.Key.Short}: a rollout is under way; waiting for it");
            if (await restart.WaitAsync(Timeout, cancel) is { } failed)
            {
                return failed;
            }

            if (!await isPending(row.Key, cancel))
            {
                Done(row);
                return null;
            }
        }

        await restart.BeginAsync(dryRun: false, cancel);
        lock (_gate)
        {
            _begun.Add(row.Key.Short);
        }

        say($"{row.Key.Short}: restarted");
        if (await restart.WaitAsync(Timeout, cancel) is { } why)
        {
            return why;
        }

        if (await isPending(row.Key, cancel))
        {
            return "its rollout is complete, and pods of it are still where they were: kubectl nodedns doctor says why";
        }

        Done(row);
        return null;
    }

    private void Done(WorkloadRow row)
    {
        lock (_gate)
        {
            _done.Add(row.Key.Short);
        }

        say($"{row.Key.Short}: done");
    }
}
