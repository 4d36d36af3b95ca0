using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>One zone of one listen address: which block answers, and where that is counted.</summary>
internal sealed record ZoneModel(byte[] Name, BlockModel Block, ServerMetrics Metrics, CacheMetrics? CacheMetrics);
