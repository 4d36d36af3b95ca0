using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>A listening socket that the guard holds, and who else reads it. The kernel distributes queries over all
/// sockets of an SO_REUSEPORT group, so one that nobody reads loses queries.</summary>
/// <param name="cookie">SO_COOKIE, which is the same in every process that holds this socket.</param>
internal sealed class GroupMember(ListenSocket socket, ulong cookie)
{
    public ListenSocket Socket => socket;

    public ulong Cookie => cookie;

    public ListenEndPoint EndPoint { get; } = new(socket.Protocol, socket.EndPoint);

    /// <summary>The current cache has this socket and has said that it reads it.</summary>
    public bool CacheReads { get; set; }

    /// <summary>The socket came from the old pod's guard, which is still connected.</summary>
    public bool PredecessorHas { get; set; }

    /// <summary>The next pod's guard has this socket and is still connected.</summary>
    public bool SuccessorHas { get; set; }
}
