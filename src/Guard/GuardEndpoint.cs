using System.Net;
using NodeDns.Telemetry;

namespace NodeDns.Guard;

/// <summary>The guard's health and metrics over HTTP. When a port is in use, that is logged in one line and tried
/// again, because pods' lookups do not depend on it.</summary>
internal sealed class GuardEndpoint : IDisposable
{
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(5);

    private readonly GuardMetrics _metrics;
    private readonly List<HttpRoute> _routes = [];
    private readonly Lock _gate = new();
    private HttpEndpoint? _endpoint;
    private Timer? _retry;
    private bool _ended;
    private volatile bool _answers;

    public GuardEndpoint(GuardOptions options, Guard guard, GuardMetrics metrics)
    {
        _metrics = metrics;
        if (options.HealthListen is { } health)
        {
            _routes.Add(Route("--health-listen", health, "/healthz", new GuardPage(() => guard.Status,
                GuardPage.Healthz)));
            _routes.Add(Route("--health-listen", health, "/readyz", new GuardPage(() => guard.Status,
                GuardPage.Readyz)));
            _routes.Add(Route("--health-listen", health, "/cachez", new GuardPage(() => guard.Status,
                GuardPage.Cachez)));
        }
        if (options.MetricsListen is { } listen)
        {
            ProcessMetrics.Register(metrics.Registry);
            _routes.Add(Route("--metrics-listen", listen, "/metrics", new MetricsPage(metrics.Registry)) with
            {
                Tls = options.MetricsTls,
            });
        }
        // Two pods' guards share the ports during an upgrade. Only the guard whose cache serves answers there.
        guard.Answers += answers =>
        {
            _answers = answers;
            Task.Run(Apply);
        };
    }

    /// <summary>Opens the ports. Called before the guard changes anything on the node.</summary>
    public void Start()
    {
        _answers = true;
        Apply();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            _retry?.Dispose();
            _endpoint?.Dispose();
            _endpoint = null;
        }
    }

    private void Apply()
    {
        lock (_gate)
        {
            if (_routes.Count == 0 || _ended)
            {
                return;
            }
            _endpoint ??= new HttpEndpoint();
            var problems = _endpoint.Apply(_answers ? _routes : []);
            if (problems.Count == 0)
            {
                return;
            }
            _metrics.Problem(GuardProblem.PortInUse(problems));
            _retry ??= new Timer(_ => Apply());
            _retry.Change(s_retry, Timeout.InfiniteTimeSpan);
        }
    }

    private static HttpRoute Route(string flag, IPEndPoint at, string path, HttpPage page) =>
        new(flag, at.Address.Equals(IPAddress.IPv6Any) ? null : at.Address, at.Port, path, page);
}
