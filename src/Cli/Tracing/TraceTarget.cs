using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Workloads;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Tracing;

/// <summary>Whose lookups are asked about: a pod, a workload's pods, a namespace, a node, or everybody.</summary>
/// <param name="Pods">The list of pods in which they are.</param>
/// <param name="Wants">Which of them.</param>
/// <param name="Node">The only node; null for all.</param>
/// <param name="Everybody">Also clients that are no pod of the list.</param>
internal sealed record TraceTarget(ApiPath Pods, Func<JsonElement, bool> Wants, string? Node, bool Everybody)
{
    private static readonly Dictionary<string, ApiPath> s_kinds = new(StringComparer.OrdinalIgnoreCase)
    {
        ["pod"] = ApiPath.Pods,
        ["po"] = ApiPath.Pods,
        ["deployment"] = ApiPath.Deployments,
        ["deploy"] = ApiPath.Deployments,
        ["statefulset"] = ApiPath.StatefulSets,
        ["sts"] = ApiPath.StatefulSets,
        ["daemonset"] = ApiPath.DaemonSets,
        ["ds"] = ApiPath.DaemonSets,
        ["replicaset"] = ApiPath.ReplicaSets,
        ["rs"] = ApiPath.ReplicaSets,
        ["job"] = ApiPath.Jobs,
    };

    /// <param name="api">Where a named object is looked up.</param>
    /// <param name="named">POD or KIND/NAME; empty for all pods.</param>
    /// <param name="namespace">null for all namespaces.</param>
    /// <param name="node">null for all nodes.</param>
    /// <param name="cancel">Cancels the operation.</param>
    /// <exception cref="ClusterException">There is no such pod, workload or kind.</exception>
    public static async Task<TraceTarget> FindAsync(
        ApiClient api, string named, string? @namespace, string? node, CancellationToken cancel)
    {
        var pods = ApiPath.Pods.In(@namespace).With(node is null ? "" : "fieldSelector=spec.nodeName%3D" + Uri.EscapeDataString(node));
        if (named.Length == 0)
        {
            return new TraceTarget(pods, _ => true, node, Everybody: @namespace is null);
        }

        var slash = named.IndexOf('/', StringComparison.Ordinal);
        var (kind, name) = slash < 0 ? ("pod", named) : (named[..slash], named[(slash + 1)..]);
        if (!s_kinds.TryGetValue(kind, out var path) && !s_kinds.TryGetValue(kind.TrimEnd('s'), out path))
        {
            throw new ClusterException($"{named}: expected a pod, or one of {string.Join(", ", s_kinds.Keys.Where(key => key.Length > 4))} and its name");
        }

        using var found = await api.FindAsync(path.In(@namespace).Named(name), cancel)
            ?? throw new ClusterException($"there is no {kind} {name} in namespace {@namespace}");
        if (path == ApiPath.Pods)
        {
            return new TraceTarget(pods, pod => ObjectView.Name(pod) == name, node, Everybody: false);
        }

        var selector = new LabelSelector(found.RootElement.Member("spec"u8).Member("selector"u8));
        return new TraceTarget(pods, pod => selector.Matches(pod.Member("metadata"u8).Member("labels"u8)), node, Everybody: false);
    }
}
