using System.Net;
using NodeDns.Cache.Scenarios.Differential;
using NodeDns.Testing;
using NodeDns.Testing.Messages;

namespace NodeDns.Cache.Scenarios.Search;

/// <summary>CoreDNS twice, one that the cache asks and one that the test asks, and the cache before the first.</summary>
internal sealed class SearchServers : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);
    private static readonly HttpClient s_http = new();

    /// <summary>Whom CoreDNS itself asks for names that it does not have.</summary>
    private readonly FakeUpstream _beyond = OutsideWorld.Start();

    private readonly int[] _ports = [.. Enumerable.Range(0, 6).Select(_ => Ports.Next())];
    private ServerProcess _asked = null!, _oracle = null!, _cache = null!;

    private SearchServers()
    {
    }

    /// <param name="plugins">What stands before and in CoreDNS's own block.</param>
    /// <param name="cut">With search_cut.</param>
    public static async Task<SearchServers> Start(
        SearchCluster cluster, string coreDns, FakeUpstream outside, string plugins, bool cut)
    {
        // A port that was free may be taken by a query's own before the server has it.
        for (var attempt = 1; ; attempt++)
        {
            var servers = new SearchServers();
            try
            {
                await Run(servers, cluster, coreDns, outside, plugins, cut);
                return servers;
            }
            catch (InvalidOperationException) when (attempt < 5)
            {
                servers.Dispose();
            }
        }
    }

    private static async Task Run(
        SearchServers servers, SearchCluster cluster, string coreDns, FakeUpstream outside, string plugins, bool cut)
    {
        var folder = Directory.CreateDirectory(Path.Combine(cluster.Folder, $"servers-{servers._ports[0]}")).FullName;
        var p = servers._ports;
        servers._asked = await servers.CoreDns(cluster, coreDns, folder, plugins, p[0], p[1]);
        servers._oracle = await servers.CoreDns(cluster, coreDns, folder, plugins, p[2], p[3]);
        var file = Path.Combine(folder, "Corefile.cache");
        await File.WriteAllTextAsync(file, $$"""
            cluster.local:{{p[4]}} {
                bind 127.0.0.1
                prometheus 127.0.0.1:{{p[5]}}
                cache {
                    success 9984 30
                    denial 9984 5
                }
                {{(cut ? "search_cut" : "")}}
                forward . 127.0.0.1:{{p[0]}} {
                    force_tcp
                }
            }
            .:{{p[4]}} {
                bind 127.0.0.1
                cache 30
                forward . {{outside.EndPoint}}
            }

            """);
        servers._cache = await ServerProcess.Start(new IPEndPoint(IPAddress.Loopback, p[4]), "dotnet",
            Path.Combine(AppContext.BaseDirectory, "node-dns-cache.dll"), "serve", "--conf", file);
    }

    public Task<DnsMessage?> AskCache(string name, string type) => Ask(_cache, name, type);

    public Task<DnsMessage?> AskCoreDns(string name, string type) => Ask(_oracle, name, type);

    /// <summary>How many questions, probes of search_cut included, have reached the CoreDNS behind the cache.</summary>
    public Task<double> Reached() => Scrape(_ports[1], "coredns_dns_requests_total{zone=\"cluster.local.\"}");

    /// <summary>What search_cut did, as text.</summary>
    public async Task<string> Counted() => $"{await Metric("nodedns_cache_denials_cut_total")} denied from memory, "
        + $"{await Metric("nodedns_cache_cut_probes_total")} probes, {await Metric("nodedns_cache_cut_samples_total")} samples, "
        + $"{await Metric("nodedns_cache_cut_disagreements_total")} labels off, "
        + $"{await Metric("nodedns_cache_asked_ahead_total")} asked ahead";

    public Task<double> Metric(string selector) => Scrape(_ports[5], selector);

    public void Dispose()
    {
        _cache?.Dispose();
        _asked?.Dispose();
        _oracle?.Dispose();
        _beyond.Dispose();
    }

    private async Task<ServerProcess> CoreDns(SearchCluster cluster, string program, string folder,
        string plugins, int port, int metricsPort)
    {
        var file = Path.Combine(folder, $"Corefile.{port}");
        await File.WriteAllTextAsync(file, $$"""
            cluster.local:{{port}} {
                bind 127.0.0.1
                prometheus 127.0.0.1:{{metricsPort}}
                {{plugins.Replace("{kubeconfig}", cluster.Kubeconfig, StringComparison.Ordinal).Replace("{beyond}", _beyond.EndPoint.ToString(), StringComparison.Ordinal)}}
            }

            """);
        return await ServerProcess.Start(new IPEndPoint(IPAddress.Loopback, port), program, "-conf", file);
    }

    private static async Task<DnsMessage?> Ask(ServerProcess server, string name, string type) =>
        await server.Ask(DnsMessage.Query(name, type, (ushort)Random.Shared.Next(65536)), overTcp: false, s_patience);

    private static async Task<double> Scrape(int port, string selector) =>
        Metrics.Sum(await s_http.GetStringAsync($"http://127.0.0.1:{port}/metrics"), selector);
}
