using System.Buffers;
using System.Net;
using System.Text;
using NodeDns.Telemetry;

namespace NodeDns.Guard;

/// <summary>A page about the guard's status: 200 and OK, or 503 and the reason.</summary>
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

    /// <summary>Further notes for an operator, shown in both cases.</summary>
    private static string Notes(GuardStatus status) =>
        string.Concat(status.Leaving.Select(a => $"\n{a} is no longer configured: relayed to cluster DNS while it is asked"))
        + string.Concat(status.Absent.Select(a => $"\n{a} cannot be carried by this node: see the guard's log"))
        + string.Concat(status.KernelAnswers.LeftAlone.Select(
            link => $"\n{link} carries somebody else's program: its pod's lookups all use the sockets"));

    /// <summary>/healthz: fails when the guard's loop has stopped turning.</summary>
    public static string? Healthz(GuardStatus status) =>
        status.SampledMs != 0 && Environment.TickCount64 - status.SampledMs > StuckMs ? "the guard's loop stands still"
            : null;

    /// <summary>/readyz: succeeds when the cache answers this node's lookups.</summary>
    public static string? Readyz(GuardStatus status) => status.NotReady;

    /// <summary>/cachez: the liveness probe of the cache container. It succeeds while a cache is held back, because
    /// that one waits on purpose.</summary>
    public static string? Cachez(GuardStatus status) => status switch
    {
        { Trust: CacheTrust.Hung } => "the cache is hung",
        { IsHeldBack: false, CacheGoneMs: > CacheGoneMs } => "no cache has been ready for 10 s",
        _ => null,
    };
}
