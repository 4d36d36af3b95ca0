using NodeDns.Addresses;
using NodeDns.Corefile;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Serve;

/// <summary>The HTTP pages that a configuration asks for.</summary>
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
                Add("prometheus", prometheus.Address, "/metrics", metrics, prometheus.Tls);
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

        void Add(string directive, ListenAddress at, string path, HttpPage page, WebTlsConfig? tls = null)
        {
            var route = new HttpRoute(directive, at.Address, at.Port, path, page)
            {
                Tls = tls is null ? null : new(tls.CertificateFile, tls.KeyFile, tls.ClientCaFile),
            };
            var shared = routes.FindIndex(
                known => known.Path == path && known.Port == at.Port && Equals(known.Address, at.Address));
            if (shared < 0)
            {
                routes.Add(route);
            }
            else if (routes[shared].Tls is null)
            {
                routes[shared] = route;
            }
        }
    }
}
