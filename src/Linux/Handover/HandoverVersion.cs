namespace NodeDns.Linux.Handover;

/// <summary>Versions of the hand-over protocol. Two peers speak the newest version that both know.</summary>
/// <remarks>1: sockets, readiness, heartbeat, draining. 2: cache entries for a warm start.</remarks>
public static class HandoverVersion
{
    public const int Oldest = 1;
    public const int Newest = 2;

    /// <summary>The first version with <see cref="HandoverKind.Export"/> and
    /// <see cref="HandoverKind.Entries"/>.</summary>
    public const int Entries = 2;

    /// <summary>The version to speak with the sender of a hello; 0 when there is no common version.</summary>
    public static int Agree(int ownNewest, HandoverMessage hello) => Agree(
        ownNewest, (int)hello.Number(HandoverTag.OldestVersion), (int)hello.Number(HandoverTag.NewestVersion));

    /// <summary>The version to speak with a peer; 0 when there is no common version.</summary>
    /// <param name="ownNewest">The newest own version, or less if the operator has limited it.</param>
    public static int Agree(int ownNewest, int peerOldest, int peerNewest)
    {
        var version = Math.Min(ownNewest, peerNewest);
        return version >= Math.Max(Oldest, peerOldest) ? version : 0;
    }
}
