using NodeDns.Corefile;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Serve;

/// <summary>What a configuration wants served over HTTP.</summary>
internal static class HttpRoutes
{
    public static IReadOnlyList<HttpRoute> Of(CorefileConfig config, MetricRegistry registry, Readiness readiness)
    {
        var routes = new List<HttpRoute>();
        var metrics = new MetricsPage(registry);
        var health = new HealthPage();
        var ready = new ReadyPage(readiness);
        foreach (var block in config.Blocks)
        {
            if (block.Prometheus is { } prometheus)
            {
                Add("prometheus", prometheus.Address, "/metrics", metrics, prometheus.Web);
            }

            if (block.Health is { } alive)
            {
                Add("health", alive.Address, "/health", health);
            }

            if (block.Ready is { } isReady)
            {
                Add("ready", isReady.Address, "/ready", ready);
            }
        }
        return routes;

        void Add(string directive, ListenAddress at, string path, HttpPage page, WebConfig? web = null)
        {
            var route = new HttpRoute(directive, at.Address, at.Port, path, page)
            {
                Tls = web?.Tls is { } tls ? Tls(tls) : null,
                Access = web is null ? null : Access(web),
            };
            var shared = routes.FindIndex(
                known => known.Path == path && known.Port == at.Port && Equals(known.Address, at.Address));
            if (shared < 0)
            {
                routes.Add(route);
            }
            else if (routes[shared].Access is null)
            {
                routes[shared] = route;
            }
        }
    }

    private static HttpTlsOptions Tls(WebTlsConfig tls) => new(tls.CertificateFile, tls.KeyFile)
    {
        ClientCertificate = tls.VerifiesClients ? HttpClientCertificate.Verified
            : tls.AsksClients ? HttpClientCertificate.Taken
            : HttpClientCertificate.None,
        ClientMustShow = tls.ClientMustShow,
        ClientCaFile = tls.VerifiesClients ? tls.ClientCaFile : null,
        CertificateText = tls.CertificateText,
        KeyText = tls.KeyText,
        ClientCaText = tls.VerifiesClients ? tls.ClientCaText : "",
        ClientNames = tls.ClientNames,
        MinVersion = tls.MinVersion,
        MaxVersion = tls.MaxVersion,
        Ciphers = tls.Ciphers,
        Curves = tls.Curves,
    };

    private static HttpAccess Access(WebConfig web) => new(
        string.Concat(web.Headers.Select(field => $"{field.Name}: {field.Value}\r\n")),
        web.Users,
        (long)web.RateInterval.TotalMilliseconds,
        web.RateBurst);
}
