using System.Net;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>One listen address and what it serves.</summary>
/// <param name="Dropped">Counts what no zone takes.</param>
internal sealed record ServerModel(IPEndPoint EndPoint, ZoneTable Zones, ServerMetrics Dropped)
{
    /// <summary>Nothing is served over UDP: only tls:// zones.</summary>
    public bool IsTcpOnly { get; init; }

    /// <summary>Limits of clients' TCP connections.</summary>
    public TcpLimits Tcp { get; init; } = TcpLimits.Default;
}

/// <param name="ReadMs">A message that has begun must be complete within this.</param>
/// <param name="WriteMs">A reply must leave within this.</param>
/// <param name="IdleMs">A connection without a query under way is closed after this.</param>
/// <param name="MaxQueries">Queries answered on one connection before it is closed; 0 is no limit.</param>
internal sealed record TcpLimits(int ReadMs, int WriteMs, int IdleMs, int MaxQueries)
{
    /// <summary>CoreDNS's idle and write limits; 5 s to complete a message, as RFC 7766 section 6.2.3 leaves it to us.
    /// </summary>
    public static readonly TcpLimits Default = new(ReadMs: 5_000, WriteMs: 5_000, IdleMs: 10_000, MaxQueries: 0);
}
