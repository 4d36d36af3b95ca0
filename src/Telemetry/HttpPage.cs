using System.Buffers;
using System.Net;

namespace NodeDns.Telemetry;

/// <summary>What the endpoint answers at one path. Called on the endpoint's thread.</summary>
public abstract class HttpPage
{
    public virtual string ContentType => "text/plain; charset=utf-8";

    /// <summary>Writes the body and returns the status.</summary>
    public abstract HttpStatusCode Write(IBufferWriter<byte> body);
}

/// <summary>A page at an address. Several pages may share an address if their paths differ.</summary>
/// <param name="Directive">The directive that the listener belongs to, for messages: prometheus, health or
/// ready.</param>
/// <param name="Address">null for all addresses of the machine.</param>
public sealed record HttpRoute(string Directive, IPAddress? Address, int Port, string Path, HttpPage Page)
{
    /// <summary>HTTPS for all pages at this address; null for plain HTTP.</summary>
    public HttpTlsOptions? Tls { get; init; }
}

/// <summary>/metrics: all metrics of the registry.</summary>
public sealed class MetricsPage(MetricRegistry registry) : HttpPage
{
    public override string ContentType => "text/plain; version=0.0.4; charset=utf-8";

    public override HttpStatusCode Write(IBufferWriter<byte> body)
    {
        registry.Write(body);
        return HttpStatusCode.OK;
    }
}

/// <summary>/health: 200 as long as the process lives, even while it is shutting down (lameduck), as in
/// CoreDNS.</summary>
public sealed class HealthPage : HttpPage
{
    public override HttpStatusCode Write(IBufferWriter<byte> body)
    {
        body.Write("OK"u8);
        return HttpStatusCode.OK;
    }
}

/// <summary>/ready: 200 once everything in the list is ready; otherwise 503 and the names of what is not.</summary>
public sealed class ReadyPage(Readiness readiness) : HttpPage
{
    public override HttpStatusCode Write(IBufferWriter<byte> body)
    {
        var missing = readiness.Missing();
        body.Write(missing is null ? "OK"u8 : System.Text.Encoding.UTF8.GetBytes(missing));
        return missing is null ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable;
    }
}
