using System.Globalization;
using System.Net;

namespace NodeDns.Demo;

/// <summary>The hit ratio as the cache's own metrics tell it, the figure an operator's dashboard shows.</summary>
internal sealed record CacheCounters(double Hits, double Requests)
{
    public static async Task<CacheCounters> Read(IPEndPoint metrics)
    {
        using var http = new HttpClient();
        var scrape = await http.GetStringAsync(new Uri($"http://{metrics}/metrics"));
        return new CacheCounters(Sum(scrape, "coredns_cache_hits_total"), Sum(scrape, "coredns_cache_requests_total"));
    }

    public void PrintSince(CacheCounters before)
    {
        var (hits, requests) = (Hits - before.Hits, Requests - before.Requests);
        Console.WriteLine(
            $"  coredns_cache_hits_total {hits:F0} of coredns_cache_requests_total {requests:F0}: hit ratio {hits / requests:P0}");
    }

    private static double Sum(string scrape, string metric) => scrape.Split('\n')
        .Where(line => line.StartsWith(metric + "{", StringComparison.Ordinal))
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
}
