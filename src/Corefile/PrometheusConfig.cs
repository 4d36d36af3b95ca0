using System.Net;
using NodeDns.Addresses;

namespace NodeDns.Corefile;

/// <summary>prometheus: GET /metrics. Blocks with the same address share one endpoint.</summary>
public sealed record PrometheusConfig : DirectiveConfig
{
    public static readonly ListenAddress AddressDefault = new(IPAddress.Loopback, 9153);

    public ListenAddress Address { get; init; } = AddressDefault;

    /// <summary>The tls option; null for plain HTTP.</summary>
    public WebTlsConfig? Tls { get; init; }

    /// <summary>runtime_metrics: adds further metrics of the .NET runtime.</summary>
    public bool RuntimeMetrics { get; init; }
}
