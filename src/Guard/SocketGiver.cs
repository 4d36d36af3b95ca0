using NodeDns.Linux.Handover;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>Gives caches the sockets that they want and may have.</summary>
internal sealed class SocketGiver(
    GuardParts parts, GuardMachine machine, SocketSet sockets, SocketOpener opener, HandedEntries entries)
{
    /// <summary>Gives a cache all its sockets, and the entries of the cache before it.</summary>
    /// <returns>false when there is not one socket to give.</returns>
    public bool GiveAll(CachePeer peer)
    {
        if (Missing(peer) is not { Count: > 0 } missing)
        {
            return false;
        }
        entries.SendTo(peer);
        if (Send(peer, missing))
        {
            parts.Metrics.HandedOver();
            parts.Log.SocketsGiven(missing.Count, peer.Program, peer.Workers);
        }
        return true;
    }

    /// <summary>Gives a cache that has sockets already those that it lacks.</summary>
    public void GiveMissing(CachePeer peer)
    {
        if (Missing(peer) is { Count: > 0 } missing)
        {
            Send(peer, missing);
        }
    }

    /// <summary>Opens what the cache wants, and takes down what it is about to be given.</summary>
    private List<ListenSocket> Missing(CachePeer peer)
    {
        List<ListenEndPoint> endPoints = [.. sockets.Resolve(peer.Wanted)];
        if (endPoints.Find(e => !sockets.Allows(e)) is { } refused)
        {
            parts.Metrics.Problem(GuardProblem.NotAllowed(peer.Program, refused));
            endPoints.RemoveAll(e => !sockets.Allows(e));
        }
        peer.HasSockets = true;
        if (opener.Open(endPoints, peer.Workers) > 0)
        {
            // The kernel already sends queries to the new sockets, so they are relayed until the cache says that it
            // reads them.
            machine.SocketsChanged();
        }
        peer.Expected = [.. sockets.All.Where(m => endPoints.Contains(m.EndPoint)).Select(m => m.Socket)];
        // Also give the guard's own endpoints that this Corefile does not bind. The cache answers REFUSED there;
        // otherwise nobody would read them.
        return
        [
            .. sockets.All
                .Where(m => endPoints.Contains(m.EndPoint) || sockets.OwnEndPoints.Contains(m.EndPoint))
                .Where(peer.Given.Add)
                .Select(m => m.Socket),
        ];
    }

    private bool Send(CachePeer peer, IReadOnlyList<ListenSocket> given)
    {
        var sent = peer.Channel.SendSockets(HandoverKind.Sockets, given);
        if (!sent)
        {
            parts.Metrics.Problem(GuardProblem.WentWhileGiven(peer.Program));
        }
        return sent;
    }
}
