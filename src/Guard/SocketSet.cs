using System.Net;
using System.Net.Sockets;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Guard;

/// <summary>The listening sockets the guard holds. Each kernel socket once, however many descriptors of it
/// arrive.</summary>
/// <param name="ports">At which a cache may have sockets, beside the guard's own.</param>
internal sealed class SocketSet(int dnsPort, IReadOnlyList<IPAddress> addresses, IReadOnlyList<int> ports)
{
    private const int DiscardPort = 9;

    private readonly Dictionary<ulong, GroupMember> _byCookie = [];

    public IReadOnlyCollection<GroupMember> All => _byCookie.Values;

    /// <summary>The socket that another process means by its cookie; null when it is not held here.</summary>
    public GroupMember? Find(ulong cookie) => _byCookie.GetValueOrDefault(cookie);

    /// <summary>What a guard serves without being asked: both protocols at each of its addresses.</summary>
    public IReadOnlyList<ListenEndPoint> OwnEndPoints { get; } =
        [.. addresses.SelectMany(address => Both(new IPEndPoint(address, dnsPort)))];

    /// <summary>Is it one of the guard's addresses, at a port that its command line names?</summary>
    public bool Allows(ListenEndPoint endPoint) => addresses.Contains(endPoint.EndPoint.Address)
        && (endPoint.EndPoint.Port == dnsPort || ports.Contains(endPoint.EndPoint.Port));

    /// <summary>Takes sockets that came from another process; a duplicate of one that is held already is closed, and so is
    /// what is not a listening socket of this node, made by this user.</summary>
    /// <param name="admits">At which endpoints.</param>
    /// <returns>The guard's own of each socket that came, new or not.</returns>
    public List<GroupMember> Adopt(IEnumerable<ListenSocket> sockets, Func<ListenEndPoint, bool> admits)
    {
        var held = new List<GroupMember>();
        foreach (var socket in sockets)
        {
            if (!admits(new ListenEndPoint(socket.Protocol, socket.EndPoint)) || !IsWhatItSays(socket))
            {
                Libc.Close(socket.Fd);
                continue;
            }
            var cookie = Libc.SocketCookie(socket.Fd);
            if (!_byCookie.TryAdd(cookie, new GroupMember(socket, cookie)))
            {
                Libc.Close(socket.Fd);
            }
            held.Add(_byCookie[cookie]);
        }
        return held;
    }

    /// <summary>Opens what is missing so that the endpoint has a socket for each worker. Every one is in the group from
    /// then on: it has to be read or relayed before anything else happens.</summary>
    /// <returns>Those that were opened.</returns>
    /// <exception cref="SyscallException">One could not be opened; those opened before it stay.</exception>
    public List<GroupMember> Open(ListenEndPoint endPoint, int workers)
    {
        var opened = new List<GroupMember>();
        for (var worker = Count(endPoint); worker < workers && _byCookie.Count < Limits.Sockets; worker++)
        {
            var socket = ListenSockets.Open(endPoint, worker);
            var member = new GroupMember(socket, Libc.SocketCookie(socket.Fd));
            _byCookie.Add(member.Cookie, member);
            opened.Add(member);
        }
        return opened;
    }

    /// <summary>The endpoints a cache means: a wildcard address stands for each of the guard's own.</summary>
    public IEnumerable<ListenEndPoint> Resolve(IEnumerable<ListenEndPoint> wanted) => wanted
        .SelectMany(endPoint => IsWildcard(endPoint.EndPoint.Address)
            ? addresses
                .Where(address => address.AddressFamily == endPoint.EndPoint.AddressFamily
                    || endPoint.EndPoint.AddressFamily == AddressFamily.InterNetworkV6)
                .Select(address => endPoint with { EndPoint = new IPEndPoint(address, endPoint.EndPoint.Port) })
            : [endPoint])
        .Distinct();

    /// <summary>
    /// No datagram arrives at the UDP sockets any more, whoever holds them, and they are in no group: the kernel refuses
    /// it at once where nobody else is bound. What is queued can still be read, and replies still leave. Closing them
    /// instead would drop the queue without a word.
    /// </summary>
    /// <remarks>connect() does it: a connected socket only receives from its peer, here its own address at the discard
    /// port, and sendto() another peer still works.</remarks>
    public static void RefuseNew(IEnumerable<GroupMember> members)
    {
        foreach (var socket in members.Select(m => m.Socket).Where(s => s.Protocol == ListenProtocol.Udp))
        {
            Libc.Connect(socket.Fd, SocketAddress.From(new IPEndPoint(socket.EndPoint.Address, DiscardPort)));
        }
    }

    /// <summary>Undoes <see cref="RefuseNew"/>, whoever has called it: datagrams arrive again.</summary>
    /// <returns>How many sockets refused.</returns>
    public int Receive() => All.Count(member => member.Socket.Protocol == ListenProtocol.Udp
        && !Libc.GetPeerName(member.Socket.Fd).IsError && !Libc.Disconnect(member.Socket.Fd).IsError);

    /// <summary>A TCP listener takes no further connection, whoever holds it.</summary>
    public static void StopListening(IEnumerable<GroupMember> members)
    {
        foreach (var socket in members.Select(m => m.Socket).Where(s => s.Protocol == ListenProtocol.Tcp))
        {
            Libc.ShutdownRead(socket.Fd);
        }
    }

    /// <summary>Lets one go; it lives on in whoever else holds it.</summary>
    public void Drop(GroupMember member)
    {
        _byCookie.Remove(member.Cookie);
        Libc.Close(member.Socket.Fd);
    }

    /// <summary>Closes the guard's descriptors; the sockets live on in whoever else holds them.</summary>
    public void Close()
    {
        ListenSockets.Close(_byCookie.Values.Select(m => m.Socket));
        _byCookie.Clear();
    }

    /// <summary>Both protocols.</summary>
    public static IEnumerable<ListenEndPoint> Both(IPEndPoint endPoint) =>
        [new ListenEndPoint(ListenProtocol.Udp, endPoint), new ListenEndPoint(ListenProtocol.Tcp, endPoint)];

    private int Count(ListenEndPoint endPoint) => _byCookie.Values.Count(member => member.EndPoint == endPoint);

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any)
        || address.Equals(IPAddress.IPv6Any);

    /// <summary>A descriptor from another process may be anything: only a socket of that kind, at that address, of this
    /// network namespace (kernels before 5.14 cannot tell), made by this user, will do, and none after
    /// <see cref="RefuseNew"/>.</summary>
    private static bool IsWhatItSays(ListenSocket socket) =>
        !Libc.GetSocketOption(socket.Fd, Libc.SOL_SOCKET, Libc.SO_TYPE, out var type).IsError
        && type == (socket.Protocol == ListenProtocol.Udp ? Libc.SOCK_DGRAM : Libc.SOCK_STREAM)
        && !Libc.GetSocketName(socket.Fd, out var name).IsError
        && name.ToIPEndPoint().Equals(socket.EndPoint)
        && Libc.GetPeerName(socket.Fd).Error == Errno.ENOTCONN
        && !Libc.Status(socket.Fd, out var status).IsError
        && status.UserId == Libc.EffectiveUserId
        && Libc.IsOfThisNetwork(socket.Fd);
}
