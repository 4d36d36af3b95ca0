using NodeDns.Linux.Sockets;

namespace NodeDns.Linux.Handover;

/// <summary>The message with which a cache introduces itself to a guard.</summary>
/// <param name="ProgramVersion">For logs and metrics only.</param>
/// <param name="Workers">The number of sockets wanted for each endpoint.</param>
/// <param name="EndPoints">The endpoints that the Corefile serves. A wildcard address stands for all of the guard's own
/// addresses.</param>
public sealed record HandoverHello(string ProgramVersion, int Workers, IReadOnlyList<ListenEndPoint> EndPoints)
{
    /// <summary>A guard opens sockets for at most this many workers, whatever a cache asks for.</summary>
    public const int MaxWorkers = 256;

    /// <summary>The newest protocol version that this cache speaks.</summary>
    public int NewestVersion { get; init; } = HandoverVersion.Newest;

    public HandoverMessage ToMessage(int heldSockets)
    {
        var message = new HandoverMessage(HandoverKind.Hello)
            .With(HandoverTag.Role, "cache")
            .With(HandoverTag.OldestVersion, HandoverVersion.Oldest)
            .With(HandoverTag.NewestVersion, (ulong)NewestVersion)
            .With(HandoverTag.Program, ProgramVersion)
            .With(HandoverTag.Workers, (ulong)Workers)
            .With(HandoverTag.Held, (ulong)heldSockets);
        return EndPoints.Aggregate(message, (m, endPoint) => m.With(HandoverTag.EndPoint, endPoint.ToString()));
    }
}
