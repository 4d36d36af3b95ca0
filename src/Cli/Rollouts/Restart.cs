using System.Globalization;
using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Workloads;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Rollouts;

/// <summary>Recreates the pods of a workload by its own rollout, and waits until that has ended.</summary>
internal sealed class Restart(ApiClient api, WorkloadKey key, TimeProvider time)
{
    private readonly ApiPath _path = Mover.Restartable(key)!.In(key.Namespace).Named(key.Name);

    /// <summary>Does the same as kubectl rollout restart: adds an annotation to the pod template, so that the
    /// workload's own strategy decides how many pods are replaced at once.</summary>
    /// <param name="dryRun">The API server only checks the request.</param>
    /// <param name="cancel">Cancels the operation.</param>
    /// <exception cref="ClusterException">The API server refused.</exception>
    public async Task BeginAsync(bool dryRun, CancellationToken cancel)
    {
        var now = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var patch = key.Kind == "Rollout"
            ? """{"spec": {"restartAt": "NOW"}}"""
            : """{"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "NOW"}}}}}""";
        // A request that has been sent is waited for, also after Ctrl-C, so that what was done can be said.
        cancel.ThrowIfCancellationRequested();
        using var changed = await api.PatchAsync(
            _path.With(dryRun ? "dryRun=All" : ""), "application/merge-patch+json",
            patch.Replace("NOW", now, StringComparison.Ordinal), CancellationToken.None);
    }

    /// <summary>Watches the workload.</summary>
    /// <returns>null when its rollout is complete; otherwise why it failed, or what it waits for when the time is
    /// over.</returns>
    /// <exception cref="ClusterException">The API server refused.</exception>
    public async Task<string?> WaitAsync(TimeSpan timeout, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(timeout);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        WorkloadState? last = null;
        try
        {
            while (true)
            {
                using (var now = await api.FindAsync(_path, ended.Token)
                    ?? throw new ClusterException($"{key.Short} in namespace {key.Namespace}: it has been deleted"))
                {
                    last = WorkloadState.Read(key.Kind, now.RootElement);
                    if (last is { IsComplete: true } or { Failure: not null })
                    {
                        break;
                    }

                    var version = now.RootElement.Member("metadata"u8).Text("resourceVersion"u8) ?? "";
                    var list = Mover.Restartable(key)!.In(key.Namespace).With("fieldSelector=metadata.name%3D" + key.Name);
                    await new Watch(api).FollowAsync(list, version, (_, item) => See(item), ended.Token);
                }
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // The rollout is complete, has failed or is out of time, as the last state shows.
        }

        return last switch
        {
            { IsComplete: true } => null,
            { Failure: { } failure } => await ReasonAsync(failure, cancel),
            _ => await ReasonAsync(
                $"not complete after {timeout.TotalSeconds:0} s: {last?.Updated ?? 0} of {last?.Wanted ?? 0} pods are new and ready", cancel),
        };

        void See(JsonElement item)
        {
            last = WorkloadState.Read(key.Kind, item);
            if (last is { IsComplete: true } or { Failure: not null })
            {
                ended.Cancel();
            }
        }
    }

    /// <summary>Adds the reason of the first pod that does not run.</summary>
    private async Task<string> ReasonAsync(string why, CancellationToken cancel)
    {
        try
        {
            using var workload = await api.FindAsync(_path, cancel);
            var selector = new LabelSelector((workload?.RootElement ?? default).Member("spec"u8).Member("selector"u8));
            var pods = await new ListReader(api).AllAsync(ApiPath.Pods.In(key.Namespace), cancel);
            var trouble = pods
                .Where(pod => !ObjectView.IsLeaving(pod) && selector.Matches(pod.Member("metadata"u8).Member("labels"u8)))
                .OrderByDescending(pod => pod.Member("metadata"u8).Text("creationTimestamp"u8), StringComparer.Ordinal)
                .Select(pod => ObjectView.Trouble(pod) is { } said ? $"pod {ObjectView.Name(pod)}: {said}" : null)
                .FirstOrDefault(said => said is not null);
            return trouble is null ? why : $"{why}; {trouble}";
        }
        catch (ClusterException)
        {
            return why;
        }
    }
}
