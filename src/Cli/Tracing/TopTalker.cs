using System.Text.Json;
using NodeDns.Cli.Cluster;
using NodeDns.Cli.Installed;
using NodeDns.Injection.Admission;

namespace NodeDns.Cli.Tracing;

/// <summary>How much a client asks in one second, as the cache of its node counts it.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Client">Its address, or <see cref="Other"/>.</param>
internal sealed record TopTalker(string Node, string Client, double Queries, double Misses, double NxDomain, double Failures)
{
    /// <summary>The clients of a node that are not counted by their address.</summary>
    public const string Other = "other";

    /// <summary>Reads the caches of these nodes twice.</summary>
    /// <param name="api">The API server.</param>
    /// <param name="release">The release whose caches are read.</param>
    /// <param name="pods">The cache's pods, by node.</param>
    /// <param name="between">The time from the first reading to the second.</param>
    /// <param name="unknown">Receives the nodes that cannot be read.</param>
    /// <param name="cancel">Cancels the operation.</param>
    public static async Task<IReadOnlyList<TopTalker>> ReadAsync(
        ApiClient api, Release release, IReadOnlyDictionary<string, JsonElement> pods, TimeSpan between, Unknowns unknown,
        CancellationToken cancel)
    {
        var before = await PagesAsync(api, release, pods, unknown, cancel);
        var started = TimeProvider.System.GetTimestamp();
        await Task.Delay(between, cancel);
        var seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        var after = await PagesAsync(api, release, pods.Where(pod => before.ContainsKey(pod.Key)), unknown, cancel);
        foreach (var node in after.Where(page => page.Value.By("nodedns_client_queries_total", "client").Count == 0))
        {
            unknown.Add($"node {node.Key}", new ClusterException(
                "its cache counts no clients: cache.clientMetrics is off, or it is of an older version"));
        }

        return [.. after.SelectMany(page => Rates(page.Key, before[page.Key], page.Value, seconds))];
    }

    internal static IEnumerable<TopTalker> Rates(string node, Scrape before, Scrape after, double seconds)
    {
        var (queries, misses, nxDomain, failures) = (Rates("queries"), Rates("misses"), Rates("nxdomain"), Rates("failures"));
        return queries.Keys.Select(client => new TopTalker(
            node, client, queries[client], misses.GetValueOrDefault(client), nxDomain.GetValueOrDefault(client), failures.GetValueOrDefault(client)));

        Dictionary<string, double> Rates(string count)
        {
            var metric = $"nodedns_client_{count}_total";
            var earlier = before.By(metric, "client");
            // A number that is lower than before was begun again since.
            return after.By(metric, "client").ToDictionary(
                one => one.Key,
                one => (one.Value - (earlier.GetValueOrDefault(one.Key) is var was && was <= one.Value ? was : 0)) / seconds);
        }
    }

    private static async Task<Dictionary<string, Scrape>> PagesAsync(
        ApiClient api, Release release, IEnumerable<KeyValuePair<string, JsonElement>> pods, Unknowns unknown, CancellationToken cancel)
    {
        var pages = new Dictionary<string, Scrape>();
        var gate = new Lock();
        await Parallel.ForEachAsync(pods, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancel }, async (pod, token) =>
        {
            try
            {
                var annotations = pod.Value.Member("metadata"u8).Member("annotations"u8);
                var port = int.TryParse(annotations.Text("prometheus.io/port"u8), out var given) ? given : 9253;
                var page = await PortForward.GetAsync(api, release.Namespace, ObjectView.Name(pod.Value), port, "/metrics", token);
                lock (gate)
                {
                    pages[pod.Key] = new Scrape(page.Text);
                }
            }
            catch (ClusterException e)
            {
                lock (gate)
                {
                    unknown.Add($"node {pod.Key}", e);
                }
            }
        });
        return pages;
    }
}
