using System.Net;

namespace NodeDns.Corefile;

/// <summary>prometheus: GET /metrics. Blocks that name the same address share it.</summary>
public sealed record PrometheusConfig : DirectiveConfig
{
    public static readonly ListenAddress AddressDefault = new(IPAddress.Loopback, 9153);

    public ListenAddress Address { get; init; } = AddressDefault;

    /// <summary>tls. Null: plain HTTP.</summary>
    public WebTlsConfig? Tls { get; init; }

    /// <summary>runtime_metrics: everything the runtime counts.</summary>
    public bool RuntimeMetrics { get; init; }
}
