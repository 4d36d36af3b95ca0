using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Endpoint;
using NodeDns.Webhook.Namespaces;
using NodeDns.Webhook.Options;
using NodeDns.Webhook.Probe;
using NodeDns.Webhook.Telemetry;
using NodeDns.Webhook.Tls;

namespace NodeDns.Webhook;

/// <summary>The running webhook: creates and connects everything that <see cref="WebhookOptions"/> describes.</summary>
internal sealed class WebhookApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly FileCertificateSource _certificate;
    private readonly CacheProbe? _probe;
    private readonly NamespaceWatch? _namespaces;
    private readonly MutateEndpoint _mutate;
    private readonly HealthEndpoint _health;
    private readonly WebhookOptions _options;
    private readonly SettingsSummary _settings;
    private readonly ILogger _logger;

    /// <param name="options">The validated options.</param>
    /// <param name="sockets">The sockets to listen on; null for an app that is never started.</param>
    /// <param name="time">The clock for everything that waits or measures.</param>
    /// <param name="log">Receives one line for each log entry.</param>
    /// <param name="apiServer">Connects to the API server for <c>--namespace-settings</c>. Not called without that
    /// option.</param>
    /// <exception cref="WebhookStartException">There is no usable certificate, or no API server.</exception>
    public WebhookApp(
        WebhookOptions options, ListenSockets? sockets, TimeProvider time, TextWriter log, Func<ApiServer?> apiServer)
    {
        _options = options;
        _settings = new SettingsSummary(options);
        // No routing, no configuration files and no usual middleware: there are two listeners and one delegate.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { Args = [] });
#pragma warning disable CA2000 // The container disposes its logger provider.
        builder.Logging.AddProvider(new ConsoleLog(options.LogLevel, log, time)).SetMinimumLevel(options.LogLevel);
#pragma warning restore CA2000
        // If this category is enabled at all, the host creates an Activity with hexadecimal ids and a scope for each
        // request. That takes 3 µs for entries that ConsoleLog would drop.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.WebHost.UseKestrelCore();
        if (sockets is not null)
        {
            builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, sockets));
            builder.Services.Configure<SocketTransportOptions>(
                transport => transport.CreateBoundListenSocket = sockets.At);
        }
        _app = builder.Build();
        _logger = _app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("NodeDns.Webhook");

        var metrics = new MetricRegistry();
        _certificate = new FileCertificateSource(
            options.TlsCert, options.TlsKey, options.TlsPoll, time, metrics, _logger);
        if (_certificate.Current is null)
        {
            throw new WebhookStartException(_certificate.Problem!);
        }

        if (options.Probe is { } probe)
        {
            var cache = new IPEndPoint(IPAddress.Parse(options.Injection.Dns.LocalAddresses[0]), probe.Port);
            _probe = new CacheProbe(cache, probe.Name, probe.Interval, probe.Timeout, time, metrics, _logger);
        }
        if (options.NamespaceSettings)
        {
            var server = apiServer() ?? throw new WebhookStartException(
                "--namespace-settings: \"true\": expected to run in a pod with a service account's token mounted");
            _namespaces = new NamespaceWatch(server, options.Injection, time, _logger);
        }
        Handler = new ReviewHandler(
            new DnsPolicyDecider(options.Injection),
            _namespaces is null ? _ => NamespaceSettings.Unknown : _namespaces.Get,
            () => CacheState,
            new ReviewMetrics(metrics, time),
            _logger);
        _mutate = new MutateEndpoint(Handler);
        Declare(metrics);
        ProcessMetrics.Declare(metrics, time);
        _health = new HealthEndpoint(
            [
                new("certificate", () => _certificate.Current is not null, _certificate.Describe),
                new("namespaces", () => NamespacesKnown, () => options.NamespaceSettings ? "watched" : "not watched"),
            ],
            [
                ("settings", () => _settings.Text),
                ("fingerprint", () => _settings.Fingerprint),
                ("node cache", () => _probe?.Describe() ?? "not probed"),
                ("injection", Injection),
            ],
            _settings.Json,
            metrics);
        _app.Run(Dispatch);
    }

    /// <summary>Always true without <c>--namespace-settings</c>.</summary>
    public bool NamespacesKnown => _namespaces?.IsKnown ?? true;

    public CacheState CacheState => _probe?.State ?? CacheState.NotProbed;

    public ReviewHandler Handler { get; }

    public FileCertificateSource Certificate => _certificate;

    /// <summary>The bound addresses, the admission listener's first. Known after the start.</summary>
    public IReadOnlyList<Uri> Addresses =>
        [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(address => new Uri(address))
            .OrderByDescending(address => address.Scheme, StringComparer.Ordinal)];

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await _app.StartAsync(cancellationToken);
        foreach (var remark in _options.Remarks)
        {
            _logger.SettingRemark(remark);
        }

        var addresses = Addresses;
        _logger.Ready(
            InjectionStatus.Version, $"{addresses[0]}mutate", addresses[^1].ToString(), _settings.Text,
            _settings.Fingerprint);
    }

    /// <summary>Becomes unready at once, serves on for the shutdown delay, then stops after open reviews are
    /// finished.</summary>
    public async Task StopAsync()
    {
        _health.Stop();
        _logger.Stopping((int)_options.ShutdownDelay.TotalSeconds);
        await Task.Delay(_options.ShutdownDelay);
        await _app.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _certificate.Dispose();
        _mutate.Dispose();
        if (_probe is not null)
        {
            await _probe.DisposeAsync();
        }

        if (_namespaces is not null)
        {
            await _namespaces.DisposeAsync();
        }
    }

    /// <summary>Requests over TLS are for admission, others for health and metrics.</summary>
    private Task Dispatch(HttpContext context)
    {
        if (!context.Request.IsHttps)
        {
            return _health.InvokeAsync(context);
        }

        if (context.Request.Path.Value == MutateEndpoint.Path)
        {
            return _mutate.InvokeAsync(context);
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private void Declare(MetricRegistry metrics)
    {
        var dns = _options.Injection.Dns;
        metrics.Read(
            "nodedns_webhook_settings_info", "gauge", "1; the settings in use, detected ones included.",
            () => 1,
            ("fingerprint", _settings.Fingerprint),
            ("local_address", string.Join(',', dns.LocalAddresses)),
            ("cluster_dns", string.Join(',', dns.ClusterDns)),
            ("cluster_domain", dns.ClusterDomain),
            ("host_searches", string.Join(',', dns.HostSearches)),
            ("fallback", dns.Fallback.Name()));
        metrics.Read(
            "nodedns_webhook_build_info", "gauge", "1; the version.", () => 1, ("version", InjectionStatus.Version));
        metrics.Read(
            "nodedns_webhook_namespaces", "gauge", "Namespaces known by the watch; 0 without --namespace-settings.",
            () => _namespaces?.Count ?? 0);
    }

    private string Injection() => CacheState switch
    {
        CacheState.NotProbed or CacheState.Answering => "on",
        _ when _options.Injection.Dns.Fallback == Fallback.ClusterDns =>
            "on, with cluster DNS as fallback; pods with fallback none are left alone",
        _ => "off until the node cache answers (fallback is none), but for pods with fallback cluster-dns",
    };

    private void Configure(KestrelServerOptions kestrel, ListenSockets sockets)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = MutateEndpoint.MaxBodyBytes;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 250;
        kestrel.Listen((IPEndPoint)sockets.Admission.LocalEndPoint!, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                // The context includes the intermediate certificates and is created once for each certificate, while
                // ServerCertificateSelector would create it for each handshake.
                OnConnection = _ => ValueTask.FromResult(
                    new SslServerAuthenticationOptions { ServerCertificateContext = _certificate.Current!.Context }),
            });
        });
        kestrel.Listen(
            (IPEndPoint)sockets.Metrics.LocalEndPoint!, listen => listen.Protocols = HttpProtocols.Http1);
    }
}

/// <summary>The program cannot start. The message names the option and the remedy.</summary>
internal sealed class WebhookStartException(string message) : Exception(message);
