using System.Net;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>One listen address, and the zones served there.</summary>
/// <param name="Dropped">Counts queries that no zone takes.</param>
internal sealed record ServerModel(IPEndPoint EndPoint, ZoneTable Zones, ServerMetrics Dropped)
{
    /// <summary>Nothing is served over UDP, because all zones here are tls://.</summary>
    public bool IsTcpOnly { get; init; }

    /// <summary>The limits of clients' TCP connections.</summary>
    public TcpLimits Tcp { get; init; } = TcpLimits.Default;
}

/// <param name="ReadMs">The time in which a message that has begun must be complete.</param>
/// <param name="WriteMs">The time in which a reply must be sent.</param>
/// <param name="IdleMs">The time after which a connection without a pending query is closed.</param>
/// <param name="MaxQueries">How many queries one connection may send before it is closed; 0 for no limit.</param>
internal sealed record TcpLimits(int ReadMs, int WriteMs, int IdleMs, int MaxQueries)
{
    /// <summary>Idle and write limits are CoreDNS's. The read limit is our choice, as RFC 7766 section 6.2.3
    /// allows.</summary>
    public static readonly TcpLimits Default = new(ReadMs: 5_000, WriteMs: 5_000, IdleMs: 10_000, MaxQueries: 0);
}
