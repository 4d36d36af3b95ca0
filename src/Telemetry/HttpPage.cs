using System.Buffers;
using System.Net;

namespace NodeDns.Telemetry;

/// <summary>What one path of the endpoint answers. Called on the endpoint's own thread.</summary>
public abstract class HttpPage
{
    public virtual string ContentType => "text/plain; charset=utf-8";

    /// <summary>Writes the body and says the status.</summary>
    public abstract HttpStatusCode Write(IBufferWriter<byte> body);
}

/// <summary>A page at an address. Several pages may share an address if their paths differ.</summary>
/// <param name="Directive">Whose listener it is, for messages: prometheus, health or ready.</param>
/// <param name="Address">Null is every address of the machine.</param>
public sealed record HttpRoute(string Directive, IPAddress? Address, int Port, string Path, HttpPage Page)
{
    /// <summary>HTTPS for all of the address's pages; null: plain HTTP.</summary>
    public HttpTlsOptions? Tls { get; init; }
}

/// <summary>/metrics.</summary>
public sealed class MetricsPage(MetricRegistry registry) : HttpPage
{
    public override string ContentType => "text/plain; version=0.0.4; charset=utf-8";

    public override HttpStatusCode Write(IBufferWriter<byte> body)
    {
        registry.Write(body);
        return HttpStatusCode.OK;
    }
}

/// <summary>/health: 200 as long as the process lives, also in lameduck, as CoreDNS's is.</summary>
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
