using System.Net;
using NodeDns.Cache.Store;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>A zone of one listen address whose hot answers may be copied to the kernel: its replies are the stored answers
/// and nothing else.</summary>
/// <param name="configuration">That it belongs to.</param>
internal sealed class ZoneCopies(
    IPEndPoint endPoint, BlockModel block, ServerMetrics metrics, CacheMetrics cacheMetrics, object configuration) : ICopyOwner
{
    /// <summary>So many hits, without a gap of <see cref="WindowSeconds"/>, make an answer worth a copy.</summary>
    public const int Hits = 8;

    public const int WindowSeconds = 60;

    /// <summary>What the program in the kernel takes, measured (docs/design/20261123-in-kernel-hits.md). It is far below the
    /// smallest bucket.</summary>
    private const long DurationNs = 1_000;

    public IPEndPoint EndPoint => endPoint;

    public object Configuration => configuration;

    public ushort UdpSize => block.UdpSize;

    public bool KeepsTtl => block.Cache!.KeepTtl;

    public long UntilMs(long storedMs, uint ttlSeconds) =>
        storedMs + (ttlSeconds - (block.Cache!.Prefetch?.DueSeconds(ttlSeconds) ?? 0)) * 1000L;

    public void Count(in CopyHits hits)
    {
        metrics.CountInKernel(endPoint.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6, hits.Type,
            hits.QuerySize, hits.Rcode, hits.ReplySize, DurationNs, hits.Count);
        cacheMetrics.HitInKernel(hits.IsDenial, hits.Count);
    }
}
