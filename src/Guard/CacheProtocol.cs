using Microsoft.Win32.SafeHandles;
using NodeDns.Linux.Handover;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard;

/// <summary>What each message of a cache means, and in which order they may come. A message that is out of order, or of
/// an unknown kind, is ignored and its descriptors are closed.</summary>
internal sealed class CacheProtocol(GuardParts parts, SocketSet sockets, SocketGiver giver, Caches caches)
{
    public void OnMessage(CachePeer peer, HandoverMessage message)
    {
        switch (message.Kind)
        {
            case HandoverKind.Hello when peer.Version == 0:
                OnHello(peer, message);
                break;
            case HandoverKind.Heartbeat:
                peer.Beat(message.Numbers(HandoverTag.Turns), parts.Loop.NowMs);
                break;
            case HandoverKind.Ready when peer.HasSockets:
                caches.Serves(peer);
                break;
            case HandoverKind.Leaving:
                caches.Leaves(peer);
                break;
            case HandoverKind.Drained when peer.HasSockets && !peer.IsDrained:
                peer.IsDrained = true;
                parts.Log.CacheDrained(peer.Program);
                break;
            case HandoverKind.AskReadiness:
                peer.Channel.Send(caches.NotReady() is { } missing
                    ? new HandoverMessage(HandoverKind.Readiness).With(HandoverTag.Reason, missing)
                    : new HandoverMessage(HandoverKind.Readiness));
                break;
            case HandoverKind.Want when peer.HasSockets:
                peer.Wanted = message.EndPoints().ToList();
                giver.GiveMissing(peer);
                break;
            case HandoverKind.OpenQueries when message.Descriptors is [var file] && Libc.IsMemoryFile(file):
                peer.OpenQueries?.Dispose();
                peer.OpenQueries = new SafeFileHandle(file, ownsHandle: true);
                return;
            case HandoverKind.Entries when message.Descriptors is [var entries] && Libc.IsMemoryFile(entries)
                && caches.TakeEntries(entries):
                return;
            case HandoverKind.Offer when peer.IsOffering && message.Sockets() is { } part:
                peer.Arriving.AddRange(part);
                if (peer.Arriving.Count > Limits.Sockets)
                {
                    caches.Refuse(peer, GuardProblem.OffersTooMany(peer.Program));
                }
                else if (message.Number(HandoverTag.More) == 0)
                {
                    OnOffer(peer);
                }
                return;
        }
        HandoverChannel.CloseAll(message.Descriptors);
    }

    private void OnHello(CachePeer peer, HandoverMessage hello)
    {
        var newest = parts.Options.NewestVersion;
        peer.Program = Limits.Shown(hello.Text(HandoverTag.Program));
        peer.Workers = (int)Math.Clamp(hello.Number(HandoverTag.Workers, 1), 1, HandoverHello.MaxWorkers);
        peer.Wanted = hello.EndPoints().ToList();
        peer.Version = HandoverVersion.Agree(newest, hello);
        if (peer.Version == 0)
        {
            caches.Refuse(peer, GuardProblem.OtherVersions(peer.Program, newest));
        }
        else if (hello.Number(HandoverTag.Held) > 0)
        {
            peer.IsOffering = true;
            peer.Channel.Send(new HandoverMessage(HandoverKind.AskOffer));
        }
        else
        {
            caches.Admit();
        }
    }

    private void OnOffer(CachePeer peer)
    {
        var own = sockets.All.ToHashSet();
        var offered = sockets.Adopt(peer.Arriving, sockets.Allows);
        peer.Arriving.Clear();
        peer.IsOffering = false;
        peer.HasSockets = true;
        peer.Given.UnionWith(offered);
        parts.Log.CacheServedOn(peer.Program, offered.Count(m => !own.Contains(m)));
        caches.HasOffered();
        // The cache may lack some sockets: those opened just now, and those that its Corefile asked for while there was
        // no guard.
        giver.GiveMissing(peer);
    }
}
