using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>One zone of one listen address: the block that answers it, and its counters.</summary>
internal sealed record ZoneModel(byte[] Name, BlockModel Block, ServerMetrics Metrics, CacheMetrics? CacheMetrics)
{
    /// <summary>null when the block's replies are more than the stored answers.</summary>
    public ZoneCopies? Copies { get; init; }
}
