using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Workloads;

/// <summary>The nodes, and which of them have a cache that serves.</summary>
internal sealed class NodeSurvey
{
    private readonly Dictionary<string, JsonElement> _pods = [];

    /// <summary>Nodes that a cache is meant for.</summary>
    public int Wanted { get; private set; }

    public int Ready { get; private set; }

    /// <summary>By node, what is wrong with its cache.</summary>
    public SortedDictionary<string, string> Troubles { get; } = new(StringComparer.Ordinal);

    /// <summary>The cache's pods that run, by node.</summary>
    public IReadOnlyDictionary<string, JsonElement> Pods => _pods;

    /// <param name="api">To be asked.</param>
    /// <param name="release">Whose cache.</param>
    /// <param name="cancel">Ends it.</param>
    /// <param name="keep">Whether <see cref="Pods"/> is wanted.</param>
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

            // During an update there are two on a node: the one that is ready serves.
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

    /// <summary>Where the DaemonSet's own nodeSelector and node affinity put a pod: the chart leaves out Windows and virtual
    /// nodes.</summary>
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
