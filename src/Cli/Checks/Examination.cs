using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Cli.Workloads;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Checks;

/// <summary>Data that several checks use. Each part is read when the first check needs it.</summary>
internal sealed class Examination(ApiClient api, ReleaseFinder finder)
{
    private readonly Dictionary<string, Task> _asked = [];

    public ApiClient Api => api;

    public ListReader Lists { get; } = new(api);

    /// <summary>The release; null before an install.</summary>
    public Task<Release?> ReleaseAsync(CancellationToken cancel) =>
        Once("release", () => finder.TryFindAsync(cancel));

    /// <exception cref="ClusterException">The node cache is not installed.</exception>
    public async Task<Release> InstalledAsync(CancellationToken cancel) =>
        await ReleaseAsync(cancel) ?? throw new ClusterException("the node cache is not installed");

    /// <summary>The settings of the release.</summary>
    public Task<Deployed> SettingsAsync(CancellationToken cancel) =>
        Once("settings", async () => await new DeployedSettings(api).ReadAsync(await InstalledAsync(cancel), cancel));

    public Task<Survey> SurveyAsync(CancellationToken cancel) =>
        Once("survey", () => Survey.TakeAsync(api, new Scope(null), cancel, withNodes: false, finder: finder));

    /// <summary>The nodes, and whether their caches are ready. Only the release's own pods are read for it.</summary>
    public Task<NodeSurvey> CachesAsync(CancellationToken cancel) => Once("caches", () => NodeSurveyAsync(keep: false, cancel));

    public Task<List<JsonElement>> WebhookConfigurationsAsync(CancellationToken cancel) =>
        Once("webhooks", () => Lists.AllAsync(ApiPath.MutatingWebhooks, cancel));

    public Task<List<JsonElement>> NodesAsync(CancellationToken cancel) =>
        Once("nodes", () => Lists.AllAsync(ApiPath.Nodes, cancel));

    /// <summary>The webhook's pods that are ready.</summary>
    public Task<List<JsonElement>> ReplicasAsync(CancellationToken cancel) => Once("replicas", async () =>
    {
        var release = await InstalledAsync(cancel);
        var pods = await Lists.AllAsync(ApiPath.Pods.In(release.Namespace).With(Release.WebhookSelector), cancel);
        return pods.Where(ObjectView.IsReady).ToList();
    });

    /// <summary>The pages of every node, and the nodes that cannot be reached.</summary>
    public Task<(IReadOnlyList<NodePages> Pages, Unknowns Unknown)> PagesAsync(CancellationToken cancel) => Once("pages", async () =>
    {
        var release = await InstalledAsync(cancel);
        var caches = await NodeSurveyAsync(keep: true, cancel);
        var unknown = new Unknowns();
        return (await NodePages.ReadAllAsync(api, release, caches.Pods, unknown, cancel), unknown);
    });

    /// <summary>Reads a page from a replica of the webhook.</summary>
    public async Task<string> ReplicaPageAsync(JsonElement pod, string page, CancellationToken cancel)
    {
        var release = await InstalledAsync(cancel);
        var port = Release.Port(release.Webhook, "webhook", "metrics-listen", 8080);
        return (await PortForward.GetAsync(api, release.Namespace, ObjectView.Name(pod), port, page, cancel)).Text;
    }

    private async Task<NodeSurvey> NodeSurveyAsync(bool keep, CancellationToken cancel) =>
        await InstalledAsync(cancel) is { Cache.IsObject: true } release ? await NodeSurvey.TakeAsync(api, release, cancel, keep) : new NodeSurvey();

    private Task<T> Once<T>(string what, Func<Task<T>> read)
    {
        if (!_asked.TryGetValue(what, out var asked))
        {
            _asked[what] = asked = read();
        }

        return (Task<T>)asked;
    }
}
