using System.Globalization;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Injection.Admission;
using NodeDns.Injection.Decide;

namespace NodeDns.Cli.Checks;

/// <summary>Checks of the release as a whole.</summary>
internal static class ReleaseChecks
{
    public static async Task AdmittedAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var release = await examination.ReleaseAsync(cancel);
        var ns = release?.Namespace ?? ReleaseFinder.UsualNamespace;
        using (var found = await examination.Api.FindAsync(ApiPath.Namespaces.Named(ns), cancel))
        {
            var labels = (found?.RootElement ?? default).Member("metadata"u8).Member("labels"u8);
            if (release is null && labels.Text("pod-security.kubernetes.io/enforce"u8) is "baseline" or "restricted")
            {
                findings.Add(new Finding(
                    Level.Error, $"namespace {ns} enforces Pod Security {labels.Text("pod-security.kubernetes.io/enforce"u8)}: the cache needs the nodes' network",
                    $"kubectl label namespace {ns} --overwrite pod-security.kubernetes.io/enforce=privileged"));
            }
        }

        if (release is null)
        {
            await QuotasAsync(examination, ns, findings, cancel);
            return;
        }

        var events = await examination.Lists.AllAsync(ApiPath.Events.In(ns).With("fieldSelector=reason%3DFailedCreate"), cancel);
        var pods = await examination.Lists.AllAsync(ApiPath.Pods.In(ns), cancel);
        foreach (var (kind, workload) in new[] { ("DaemonSet", release.Cache), ("Deployment", release.Webhook) })
        {
            var name = ObjectView.Name(workload);
            var said = events.LastOrDefault(one => one.Member("involvedObject"u8).Text("name"u8)?.StartsWith(name, StringComparison.Ordinal) == true);
            var status = workload.Member("status"u8);
            var wanted = kind == "DaemonSet" ? ObjectView.Number(status, "desiredNumberScheduled"u8) : ObjectView.Number(workload.Member("spec"u8), "replicas"u8);
            var have = pods.Count(pod => ObjectView.Name(pod).StartsWith(name + "-", StringComparison.Ordinal) && !ObjectView.IsLeaving(pod));
            if (said.IsObject && have < wanted)
            {
                findings.Add(new Finding(
                    Level.Error, $"{kind} {ns}/{name} has {have} of {wanted} pods: {said.Text("message"u8)}",
                    "raise the quota (resourceQuota.enabled makes one that fits), or label the namespace pod-security.kubernetes.io/enforce=privileged"));
            }
        }
    }

    /// <summary>A quota on pods that has no room for a cache on every node.</summary>
    private static async Task QuotasAsync(Examination examination, string ns, List<Finding> findings, CancellationToken cancel)
    {
        var nodes = (await examination.NodesAsync(cancel)).Count;
        foreach (var quota in await examination.Lists.AllAsync(ApiPath.ResourceQuotas.In(ns), cancel))
        {
            foreach (var limit in quota.Member("spec"u8).Member("hard"u8).Members.Where(limit => limit.Name is "pods" or "count/pods"))
            {
                if (int.TryParse(limit.Value.AsText, NumberStyles.None, CultureInfo.InvariantCulture, out var pods) && pods < nodes + 2)
                {
                    findings.Add(new Finding(
                        Level.Error, $"ResourceQuota {ns}/{ObjectView.Name(quota)} allows {pods} pods; {nodes} nodes need {nodes}, and the webhook 2",
                        "raise it, or delete it and let the chart make one that fits (resourceQuota.enabled)"));
                }
            }
        }
    }

    public static async Task VersionsAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var release = await examination.InstalledAsync(cancel);
        var versions = new List<(string What, string Version)> { ("the chart", release.Version), ("kubectl nodedns", InjectionStatus.Version) };
        foreach (var pod in await examination.ReplicasAsync(cancel))
        {
            var scrape = new Scrape(await examination.ReplicaPageAsync(pod, "/metrics", cancel));
            versions.AddRange(scrape.Labels("nodedns_webhook_build_info", "version").Select(version => ($"webhook {ObjectView.Name(pod)}", version)));
        }

        var (pages, unknown) = await examination.PagesAsync(cancel);
        versions.AddRange(pages.SelectMany(page => (page.Cache?.Labels("coredns_build_info", "version") ?? []).Select(version => ($"the cache of node {page.Node}", version))));
        var known = versions.Where(one => one.Version.Length > 0).GroupBy(one => one.Version.TrimStart('v')).OrderByDescending(group => group.Count()).ToList();
        foreach (var group in known.Skip(1))
        {
            var names = group.Select(one => one.What).ToList();
            findings.Add(new Finding(
                Level.Warning,
                $"{string.Join(", ", names.Take(3))}{(names.Count > 3 ? $" and {names.Count - 3} more" : "")}: version {group.Key}; the others: {known[0].Key}",
                "finish the upgrade (kubectl rollout status), or use the kubectl nodedns of the release"));
        }

        if (unknown.Parts.Count > 0)
        {
            throw new ClusterException(string.Join("; ", unknown.Parts));
        }
    }
}
