using System.Net;
using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Installed;

/// <summary>What the cache and the guard of a node report, read through a port-forward to their pod.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Ready">The text of the guard's /readyz: OK, or what is wrong.</param>
/// <param name="Guard">The guard's metrics.</param>
/// <param name="Cache">The cache's metrics; null when they cannot be read, for example while the guard relays.</param>
internal sealed record NodePages(string Node, string Ready, Scrape Guard, Scrape? Cache)
{
    /// <exception cref="ClusterException">The pod cannot be reached.</exception>
    public static async Task<NodePages> ReadAsync(ApiClient api, Release release, string node, JsonElement pod, CancellationToken cancel)
    {
        var name = ObjectView.Name(pod);
        var health = Release.Port(release.Cache, "guard", "health-listen", 9255);
        var metrics = Release.Port(release.Cache, "guard", "metrics-listen", 9254);
        var annotations = pod.Member("metadata"u8).Member("annotations"u8);
        var cache = int.TryParse(annotations.Text("prometheus.io/port"u8), out var port) ? port : 9253;
        var ready = await PortForward.GetAsync(api, release.Namespace, name, health, "/readyz", cancel);
        var guard = await PortForward.GetAsync(api, release.Namespace, name, metrics, "/metrics", cancel);
        return new NodePages(node, ready.Text.Trim(), new Scrape(guard.Text), await CacheAsync());

        async Task<Scrape?> CacheAsync()
        {
            try
            {
                var page = await PortForward.GetAsync(api, release.Namespace, name, cache, "/metrics", cancel);
                return page.Status == HttpStatusCode.OK ? new Scrape(page.Text) : null;
            }
            catch (ClusterException)
            {
                return null;
            }
        }
    }

    /// <summary>Reads the pages of all these nodes, a few at a time. Nodes that cannot be reached are added to the
    /// unknowns.</summary>
    public static async Task<IReadOnlyList<NodePages>> ReadAllAsync(
        ApiClient api, Release release, IEnumerable<KeyValuePair<string, JsonElement>> pods, Unknowns unknown, CancellationToken cancel)
    {
        var all = new List<NodePages>();
        var gate = new Lock();
        await Parallel.ForEachAsync(
            pods, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancel }, async (one, token) =>
            {
                try
                {
                    var pages = await ReadAsync(api, release, one.Key, one.Value, token);
                    lock (gate)
                    {
                        all.Add(pages);
                    }
                }
                catch (ClusterException e)
                {
                    lock (gate)
                    {
                        unknown.Add($"node {one.Key}", e);
                    }
                }
            });
        return [.. all.OrderBy(pages => pages.Node, StringComparer.Ordinal)];
    }
}
