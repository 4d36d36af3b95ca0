using NodeDns.Testing;

namespace NodeDns.Cache.Tests.Telemetry;

/// <summary>A <see cref="LiveServer"/> that a real Prometheus, where there is one, scrapes as two targets, labelled as
/// clusters label them.</summary>
public sealed class ScrapedServer : IDisposable
{
    private readonly LiveServer _server = new();
    private readonly PrometheusServer? _prometheus;

    public ScrapedServer()
    {
        if (!PrometheusServer.IsInstalled)
        {
            return;
        }

        try
        {
            _prometheus = new PrometheusServer(
                $"""
                - job_name: kube-dns
                  static_configs:
                  - targets: ['{_server.Metrics}']
                    labels: {"{"} k8s_app: node-local-dns, pod: p, cluster: c {"}"}
                - job_name: node-local-dns-metrics
                  static_configs:
                  - targets: ['{_server.Metrics}']
                    labels: {"{"} name: node-local-dns-metrics {"}"}
                """,
                // Rates and offsets need some scrapes of counters that move.
                "min(sum_over_time(up[1m])) > 8");
        }
        catch
        {
            _server.Dispose();
            throw;
        }
    }

    /// <summary>The values of an instant query.</summary>
    public IReadOnlyList<double> Ask(string query) => _prometheus!.Ask(query);

    public void Dispose()
    {
        _prometheus?.Dispose();
        _server.Dispose();
    }
}
