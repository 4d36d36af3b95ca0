using System.Text;
using NodeDns.Injection.Decide;
using NodeDns.Webhook.Options;
using NodeDns.Injection.Patch;
using NodeDns.Webhook.Probe;
using NodeDns.Webhook.Telemetry;
using NodeDns.Webhook.Tls;

namespace NodeDns.Webhook.Endpoint;

/// <summary><c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c>, on the metrics listener.</summary>
internal sealed class HealthEndpoint(
    FileCertificateSource certificate,
    CacheProbe? probe,
    Func<bool> namespacesKnown,
    WebhookOptions options,
    MetricsText metrics)
{
    private volatile bool _stopping;

    /// <summary>From now on unready, so that the Service sends no new connection here.</summary>
    public void Stop() => _stopping = true;

    public Task InvokeAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/healthz" => WriteAsync(context, StatusCodes.Status200OK, "ok\n"),
        "/readyz" => ReadyAsync(context),
        "/metrics" =>
            WriteAsync(context, StatusCodes.Status200OK, metrics.Write(), "text/plain; version=0.0.4; charset=utf-8"),
        _ => WriteAsync(context, StatusCodes.Status404NotFound, "expected /healthz, /readyz or /metrics\n"),
    };

    private Task ReadyAsync(HttpContext context)
    {
        (string Name, bool Good, string Detail)[] conditions =
        [
            ("certificate", certificate.Current is not null, Certificate()),
            ("namespaces", namespacesKnown(), options.NamespaceSettings ? "watched" : "not watched"),
            ("running", !_stopping, _stopping ? "stopping" : "serving"),
        ];
        bool ready = Array.TrueForAll(conditions, condition => condition.Good);
        var text = new StringBuilder();
        if (context.Request.Query.ContainsKey("verbose"))
        {
            foreach ((string name, bool good, string detail) in conditions)
                text.Append(good ? "[+] " : "[-] ").Append(name).Append(": ").Append(detail).Append('\n');
            SettingsSummary settings = metrics.Settings;
            text.Append("    settings: ").Append(settings.Text).Append('\n');
            text.Append("    fingerprint: ").Append(settings.Fingerprint).Append('\n');
            text.Append("    node cache: ").Append(Cache()).Append('\n');
            text.Append("    injection: ").Append(Injection()).Append('\n');
        }
        text.Append(ready ? "ready\n" : "not ready\n");
        return WriteAsync(
            context, ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, text.ToString());
    }

    private string Certificate()
    {
        string expires = certificate.Current is { } current
            ? $"expires {current.NotAfter:yyyy-MM-dd'T'HH:mm:ss'Z'}"
            : "none loaded";
        return certificate.Problem is { } problem ? $"{expires}; the files now: {problem}" : expires;
    }

    private string Cache() => probe is null
        ? "not probed"
        : $"{options.Dns.LocalAddresses[0]} {probe.State.ToString().ToLowerInvariant()} ({probe.Detail})";

    private string Injection() => probe?.State switch
    {
        null or CacheState.Answering => "on",
        _ when options.Dns.Fallback == Fallback.ClusterDns =>
            "on, with cluster DNS as fallback; pods with fallback none are left alone",
        _ => $"off until the node cache answers (fallback is {options.Dns.Fallback.Name()}), "
            + "but for pods with fallback cluster-dns",
    };

    private static Task WriteAsync(
        HttpContext context, int statusCode, string text, string contentType = "text/plain; charset=utf-8")
    {
        context.Response.StatusCode = statusCode;
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(text);
    }
}
