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
        var problem = judge(status());
        body.Write(Encoding.UTF8.GetBytes(problem ?? "OK"));
        return problem is null ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable;
    }

    /// <summary>/healthz: the guard's loop turns.</summary>
    public static string? Healthz(GuardStatus status) =>
        status.SampledMs != 0 && Environment.TickCount64 - status.SampledMs > StuckMs ? "the guard's loop stands still"
            : null;

    /// <summary>/readyz: lookups of this node are answered by the cache.</summary>
    public static string? Readyz(GuardStatus status) => status switch
    {
        not { State: GuardState.Guarding, IsCacheWell: true } => "no cache is serving",
        { IsNodeSetUp: false } => "link, addresses and rules are not made yet",
        { IsProven: false } => "no lookup through the local address has been answered yet",
        _ => null,
    };

    /// <summary>/cachez: the cache container's liveness. A cache that is being held back waits as it should.</summary>
    public static string? Cachez(GuardStatus status) => status switch
    {
        { IsHung: true } => "the cache is hung",
        { IsHeldBack: false, CacheGoneMs: > CacheGoneMs } => "no cache has been ready for 10 s",
        _ => null,
    };
}
