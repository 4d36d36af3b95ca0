using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Workloads;

/// <summary>The nodes, and which of them have a working cache.</summary>
internal sealed class NodeSurvey
{
    private readonly Dictionary<string, JsonElement> _pods = [];

    /// <summary>How many nodes should have a cache.</summary>
    public int Wanted { get; private set; }

    public int Ready { get; private set; }

    /// <summary>What is wrong with the cache, by node.</summary>
    public SortedDictionary<string, string> Troubles { get; } = new(StringComparer.Ordinal);

    /// <summary>The running pods of the cache, by node.</summary>
    public IReadOnlyDictionary<string, JsonElement> Pods => _pods;

    /// <param name="api">The API server to read from.</param>
    /// <param name="release">The release whose cache is meant.</param>
    /// <param name="cancel">Cancels the operation.</param>
    /// <param name="keep">Keep <see cref="Pods"/>.</param>
    public static async Task<NodeSurvey> TakeAsync(ApiClient api, Release release, CancellationToken cancel, bool keep = false)
    {
        var survey = new NodeSurvey();
        var lists = new ListReader(api);
        var pods = new Dictionary<string, string?>();
        await lists.ReadAsync(ApiPath.Pods.In(release.Namespace).With(Release.CacheSelector), ListReader.Whole, pod =>
        {
            if (pod.Member("spec"u8).Text("nodeName"u8) is not { } node || ObjectView.IsLeaving(pod) || ObjectView.IsDone(pod))
            {
                return;
            }

            // During an update a node has two pods. The one that is ready is counted.
            var trouble = ObjectView.IsReady(pod) ? null : $"pod {ObjectView.Name(pod)} is not ready"
                + (ObjectView.Trouble(pod) is { } why ? ": " + why : "");
            pods[node] = pods.TryGetValue(node, out var other) && other is null ? null : trouble;
            if (keep)
            {
                survey._pods[node] = pod.Clone();
            }
        }, cancel);
        var spec = release.Cache.Member("spec"u8).Member("template"u8).Member("spec"u8);
        await lists.ReadAsync(ApiPath.Nodes, ListReader.MetadataOnly, node =>
        {
            var name = ObjectView.Name(node);
            var labels = node.Member("metadata"u8).Member("labels"u8);
            var hasPod = pods.TryGetValue(name, out var trouble);
            if (!hasPod && !IsMeantFor(spec, labels))
            {
                return;
            }

            survey.Wanted++;
            if (hasPod && trouble is null)
            {
                survey.Ready++;
            }
            else
            {
                survey.Troubles[name] = hasPod ? trouble! : "there is no cache pod on it";
            }
        }, cancel);
        return survey;
    }

    /// <summary>True for nodes on which the DaemonSet's nodeSelector and node affinity allow a pod. The chart excludes
    /// Windows and virtual nodes.</summary>
    private static bool IsMeantFor(JsonElement spec, JsonElement labels)
    {
        foreach (var wanted in spec.Member("nodeSelector"u8).Members)
        {
            if (labels.Text(System.Text.Encoding.UTF8.GetBytes(wanted.Name)) != wanted.Value.AsText)
            {
                return false;
            }
        }

        var terms = spec.Member("affinity"u8).Member("nodeAffinity"u8)
            .Member("requiredDuringSchedulingIgnoredDuringExecution"u8).Member("nodeSelectorTerms"u8);
        return terms.First.IsAbsent || terms.Items.Any(term => new LabelSelector(term).Matches(labels));
    }
}
