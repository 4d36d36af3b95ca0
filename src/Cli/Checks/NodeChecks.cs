using NodeDns.Cli.Cluster;

namespace NodeDns.Cli.Checks;

/// <summary>Checks of each node's cache and guard.</summary>
internal static class NodeChecks
{
    public static async Task ReadyAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var release = await examination.InstalledAsync(cancel);
        foreach (var (node, trouble) in (await examination.CachesAsync(cancel)).Troubles)
        {
            findings.Add(new Finding(
                Level.Error, $"node {node}: {trouble}",
                $"kubectl describe pods -n {release.Namespace} -l app.kubernetes.io/name=node-dns-cache --field-selector spec.nodeName={node}"));
        }
    }

    public static async Task GuardAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var (pages, unknown) = await examination.PagesAsync(cancel);
        foreach (var page in pages.Where(page => !page.Ready.StartsWith("OK", StringComparison.Ordinal)))
        {
            findings.Add(new Finding(
                Level.Error, $"node {page.Node}: its guard says: {page.Ready.Split('\n')[0]}",
                "pods of the node are relayed to cluster DNS meanwhile; see the logs of both containers of its pod"));
        }

        foreach (var page in pages.Where(page => page.Ready.StartsWith("OK\n", StringComparison.Ordinal)))
        {
            findings.Add(new Finding(Level.Info, $"node {page.Node}: {string.Join("; ", page.Ready.Split('\n')[1..])}", "docs/guard.md"));
        }

        if (unknown.Parts.Count > 0)
        {
            throw new ClusterException(string.Join("; ", unknown.Parts));
        }
    }

    public static async Task ErrorsAsync(Examination examination, List<Finding> findings, CancellationToken cancel)
    {
        var (pages, unknown) = await examination.PagesAsync(cancel);
        foreach (var page in pages)
        {
            foreach (var reason in page.Guard.Labels("nodedns_guard_errors_total", "reason").Distinct())
            {
                findings.Add(new Finding(
                    reason is "takeover" or "leftovers" ? Level.Info : Level.Warning,
                    $"node {page.Node}: its guard has met {page.Guard.Sum("nodedns_guard_errors_total", $"reason=\"{reason}\"")} errors of the kind {reason}",
                    "docs/guard.md, Trouble, has what it means and what to do"));
            }
        }

        if (unknown.Parts.Count > 0)
        {
            throw new ClusterException(string.Join("; ", unknown.Parts));
        }
    }
}
