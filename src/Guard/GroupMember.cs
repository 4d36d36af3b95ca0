using NodeDns.Linux.Sockets;

namespace NodeDns.Guard;

/// <summary>A listening socket that the guard holds, and who else reads it. The kernel sends lookups to every member of an
/// endpoint's SO_REUSEPORT group, read or not.</summary>
/// <param name="cookie">SO_COOKIE: the same in every process that holds the socket.</param>
internal sealed class GroupMember(ListenSocket socket, ulong cookie)
{
    public ListenSocket Socket => socket;

    public ulong Cookie => cookie;

    public ListenEndPoint EndPoint { get; } = new(socket.Protocol, socket.EndPoint);

    /// <summary>The cache in force has it, and has said that it reads.</summary>
    public bool CacheReads { get; set; }

    /// <summary>It came from the old pod's guard, which is still there.</summary>
    public bool PredecessorHas { get; set; }

    /// <summary>The next pod's guard has it, and is still there.</summary>
    public bool SuccessorHas { get; set; }
}
