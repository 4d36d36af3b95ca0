using System.Buffers;
using System.Net;
using System.Text;
using NodeDns.Telemetry;

namespace NodeDns.Guard;

/// <summary>A page that judges the guard's status: 200 and OK, or 503 and what is wrong.</summary>
internal sealed class GuardPage(Func<GuardStatus> status, Func<GuardStatus, string?> judge) : HttpPage
{
    private const int StuckMs = 5000;
    private const int CacheGoneMs = 10_000;

    public override HttpStatusCode Write(IBufferWriter<byte> body)
    {
        var now = status();
        var problem = judge(now);
        body.Write(Encoding.UTF8.GetBytes((problem ?? "OK") + Notes(now)));
        return problem is null ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable;
    }

    /// <summary>What an operator should know beside it.</summary>
    private static string Notes(GuardStatus status) =>
        string.Concat(status.Leaving.Select(a => $"\n{a} is no longer configured: relayed to cluster DNS while it is asked"))
        + string.Concat(status.Absent.Select(a => $"\n{a} cannot be carried by this node: see the guard's log"));

    /// <summary>/healthz: the guard's loop turns.</summary>
    public static string? Healthz(GuardStatus status) =>
        status.SampledMs != 0 && Environment.TickCount64 - status.SampledMs > StuckMs ? "the guard's loop stands still"
            : null;

    /// <summary>/readyz: lookups of this node are answered by the cache.</summary>
    public static string? Readyz(GuardStatus status) => status.NotReady;

    /// <summary>/cachez: the cache container's liveness. A cache that is being held back waits as it should.</summary>
    public static string? Cachez(GuardStatus status) => status switch
    {
        { Trust: CacheTrust.Hung } => "the cache is hung",
        { IsHeldBack: false, CacheGoneMs: > CacheGoneMs } => "no cache has been ready for 10 s",
        _ => null,
    };
}
