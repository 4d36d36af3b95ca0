using System.Net;
using System.Net.Sockets;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Guard;

/// <summary>The listening sockets that the guard holds. Each kernel socket is held once, however many descriptors of it
/// arrive.</summary>
/// <param name="ports">The ports at which a cache may have sockets, besides the guard's own.</param>
internal sealed class SocketSet(int dnsPort, IReadOnlyList<IPAddress> addresses, IReadOnlyList<int> ports)
{
    private const int DiscardPort = 9;

    private readonly Dictionary<ulong, GroupMember> _byCookie = [];

    public IReadOnlyCollection<GroupMember> All => _byCookie.Values;

    /// <summary>Finds the socket that another process names by its cookie; null when the guard does not hold
    /// it.</summary>
    public GroupMember? Find(ulong cookie) => _byCookie.GetValueOrDefault(cookie);

    /// <summary>The guard's own endpoints: UDP and TCP at each of its addresses.</summary>
    public IReadOnlyList<ListenEndPoint> OwnEndPoints { get; } =
        [.. addresses.SelectMany(address => Both(new IPEndPoint(address, dnsPort)))];

    /// <summary>True for one of the guard's addresses with a port that the guard's command line allows.</summary>
    public bool Allows(ListenEndPoint endPoint) => addresses.Contains(endPoint.EndPoint.Address)
        && (endPoint.EndPoint.Port == dnsPort || ports.Contains(endPoint.EndPoint.Port));

    /// <summary>Takes over sockets from another process. Closes duplicates of sockets that are already held, and
    /// everything that is not a listening socket of this user in this network namespace.</summary>
    /// <param name="admits">Says which endpoints are accepted.</param>
    /// <returns>The guard's entry for each accepted socket, whether new or already held.</returns>
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

    /// <summary>Opens sockets until the endpoint has one for each worker. From then on they are in the SO_REUSEPORT
    /// group and receive queries, so the caller has to have them read or relayed at once.</summary>
    /// <returns>The sockets that were opened.</returns>
    /// <exception cref="SyscallException">One could not be opened; those opened before stay.</exception>
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

    /// <summary>The endpoints that a cache asks for, where a wildcard address stands for each of the guard's own
    /// addresses.</summary>
    public IEnumerable<ListenEndPoint> Resolve(IEnumerable<ListenEndPoint> wanted) => wanted
        .SelectMany(endPoint => IsWildcard(endPoint.EndPoint.Address)
            ? addresses
                .Where(address => address.AddressFamily == endPoint.EndPoint.AddressFamily
                    || endPoint.EndPoint.AddressFamily == AddressFamily.InterNetworkV6)
                .Select(address => endPoint with { EndPoint = new IPEndPoint(address, endPoint.EndPoint.Port) })
            : [endPoint])
        .Distinct();

    /// <summary>Stops new datagrams from reaching the UDP sockets, in every process that holds them, and takes them out of
    /// their SO_REUSEPORT group. If nobody else is bound, the kernel then refuses new queries at once. Queued queries can
    /// still be read and replies can still be sent; closing the sockets would silently drop the queue.</summary>
    /// <remarks>Uses connect(): a connected socket only receives from its peer, here its own address at the discard
    /// port, and sendto() to other peers still works.</remarks>
    public static void RefuseNew(IEnumerable<GroupMember> members)
    {
        foreach (var socket in members.Select(m => m.Socket).Where(s => s.Protocol == ListenProtocol.Udp))
        {
            Libc.Connect(socket.Fd, SocketAddress.From(new IPEndPoint(socket.EndPoint.Address, DiscardPort)));
        }
    }

    /// <summary>Undoes <see cref="RefuseNew"/>, whichever process called it: datagrams arrive again.</summary>
    /// <returns>How many sockets had been refusing.</returns>
    public int Receive() => All.Count(member => member.Socket.Protocol == ListenProtocol.Udp
        && !Libc.GetPeerName(member.Socket.Fd).IsError && !Libc.Disconnect(member.Socket.Fd).IsError);

    /// <summary>Closes the guard's descriptor. The socket stays open in other processes that hold it.</summary>
    public void Drop(GroupMember member)
    {
        _byCookie.Remove(member.Cookie);
        Libc.Close(member.Socket.Fd);
    }

    /// <summary>Closes all the guard's descriptors. The sockets stay open in other processes that hold them.</summary>
    public void Close()
    {
        ListenSockets.Close(_byCookie.Values.Select(m => m.Socket));
        _byCookie.Clear();
    }

    /// <summary>UDP and TCP at one address.</summary>
    public static IEnumerable<ListenEndPoint> Both(IPEndPoint endPoint) =>
        [new ListenEndPoint(ListenProtocol.Udp, endPoint), new ListenEndPoint(ListenProtocol.Tcp, endPoint)];

    private int Count(ListenEndPoint endPoint) => _byCookie.Values.Count(member => member.EndPoint == endPoint);

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any)
        || address.Equals(IPAddress.IPv6Any);

    /// <summary>Checks a descriptor from another process: it must be a socket of the stated kind and address, in this
    /// network namespace (kernels before 5.14 cannot tell), created by this user, and not one after
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
