using System.Text;
using NodeDns.Webhook.Telemetry;

namespace NodeDns.Webhook.Endpoint;

/// <summary>One condition for a replica to be ready.</summary>
internal sealed record ReadyCondition(string Name, Func<bool> Holds, Func<string> Detail);

/// <summary><c>/healthz</c>, <c>/readyz</c>, <c>/metrics</c> and <c>/settings</c>, on the metrics listener.</summary>
/// <param name="conditions">All conditions that have to hold. <c>/readyz?verbose</c> lists them.</param>
/// <param name="remarks">Further lines for <c>/readyz?verbose</c>.</param>
/// <param name="settings">The JSON for <c>/settings</c>.</param>
/// <param name="metrics">The metrics for <c>/metrics</c>.</param>
internal sealed class HealthEndpoint(
    IReadOnlyList<ReadyCondition> conditions,
    IReadOnlyList<(string Name, Func<string> Text)> remarks,
    string settings,
    MetricRegistry metrics)
{
    private volatile bool _stopping;

    /// <summary>Makes this replica unready for good, so that the Service sends it no new connections.</summary>
    public void Stop() => _stopping = true;

    public Task InvokeAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/healthz" => WriteAsync(context, StatusCodes.Status200OK, "ok\n"),
        "/readyz" => ReadyAsync(context),
        "/metrics" =>
            WriteAsync(context, StatusCodes.Status200OK, metrics.Write(), "text/plain; version=0.0.4; charset=utf-8"),
        "/settings" => WriteAsync(context, StatusCodes.Status200OK, settings, "application/json"),
        _ => WriteAsync(
            context, StatusCodes.Status404NotFound, "expected /healthz, /readyz, /metrics or /settings\n"),
    };

    private Task ReadyAsync(HttpContext context)
    {
        var ready = !_stopping;
        var verbose = new StringBuilder();
        foreach (var condition in conditions)
        {
            var holds = condition.Holds();
            ready &= holds;
            verbose.Append(Mark(holds)).Append(condition.Name).Append(": ").Append(condition.Detail()).Append('\n');
        }
        verbose.Append(Mark(!_stopping)).Append("running: ").Append(_stopping ? "stopping\n" : "serving\n");
        foreach ((var name, var text) in remarks)
        {
            verbose.Append("    ").Append(name).Append(": ").Append(text()).Append('\n');
        }

        var verdict = ready ? "ready\n" : "not ready\n";
        return WriteAsync(
            context,
            ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            context.Request.Query.ContainsKey("verbose") ? verbose + verdict : verdict);

        static string Mark(bool holds) => holds ? "[+] " : "[-] ";
    }

    private static Task WriteAsync(
        HttpContext context, int statusCode, string text, string contentType = "text/plain; charset=utf-8")
    {
        context.Response.StatusCode = statusCode;
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(text);
    }
}
