using NodeDns.Cli.Cluster;
using NodeDns.Cli.Workloads;

namespace NodeDns.Cli.Commands;

/// <summary>Watches the pods of a survey until Ctrl-C. A workload is shown again whenever one of its counts has
/// changed. If a namespace's label changes, or the API server no longer has all changes, everything is read
/// again.</summary>
internal static class ReportWatch
{
    public static async Task FollowAsync(Session session, Survey survey, ReportText text)
    {
        while (!session.Cancel.IsCancellationRequested)
        {
            using var round = CancellationTokenSource.CreateLinkedTokenSource(session.Cancel);
            var pods = PodsAsync(session.Api, survey, text, round.Token);
            var labels = LabelsAsync(session.Api, survey, round.Token);
            try
            {
                await await Task.WhenAny(pods, labels);
                await round.CancelAsync();
                survey = await Survey.TakeAsync(session.Api, survey.Scope, session.Cancel);
                text.WriteChanged(survey.Rows().Where(row => row.Next.Length > 0));
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static async Task PodsAsync(ApiClient api, Survey survey, ReportText text, CancellationToken cancel)
    {
        var shown = survey.Rows().ToDictionary(row => row.Key, Counts);
        await new Watch(api).FollowAsync(survey.Pods, survey.PodsVersion, (kind, pod) =>
        {
            if (kind == "DELETED" ? !survey.Census.Forget(pod) : !survey.Census.See(pod))
            {
                return;
            }

            foreach (var row in survey.Rows())
            {
                if (!shown.TryGetValue(row.Key, out var before) || before != Counts(row))
                {
                    shown[row.Key] = Counts(row);
                    text.WriteChanged([row]);
                }
            }
        }, cancel);
    }

    /// <summary>Completes when a namespace's label has changed.</summary>
    private static async Task LabelsAsync(ApiClient api, Survey survey, CancellationToken cancel)
    {
        using var changed = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var path = ApiPath.Namespaces.With(survey.Scope.Namespace is { } ns ? "fieldSelector=metadata.name%3D" + ns : "");
        try
        {
            await new Watch(api).FollowAsync(path, survey.NamespacesVersion, (_, item) =>
            {
                if (!survey.Namespaces.TryGetValue(ObjectView.Name(item), out var known)
                    || known.Inject != NamespaceLabel.Read(item, null, survey.Deployed).Inject)
                {
                    changed.Cancel();
                }
            }, changed.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // A namespace's label has changed.
        }
        catch (ClusterException e) when (e.IsForbidden)
        {
            await Task.Delay(Timeout.Infinite, cancel);
        }
    }

    private static (int, int, int, int, int) Counts(WorkloadRow row) =>
        (row.Tally.Pods, row.Tally.OnCache, row.Tally.Pending, row.Tally.Returning, row.Tally.SkippedPods);
}
