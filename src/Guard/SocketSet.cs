using System.Net;
using System.Net.Sockets;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Guard;

/// <summary>The listening sockets the guard holds. Each kernel socket once, however many descriptors of it
/// arrive.</summary>
internal sealed class SocketSet(int dnsPort, IReadOnlyList<IPAddress> addresses)
{
    private readonly Dictionary<ulong, ListenSocket> _byCookie = [];

    public IReadOnlyCollection<ListenSocket> All => _byCookie.Values;

    /// <summary>The socket that another process means by its cookie; null when it is not held here.</summary>
    public ListenSocket? Find(ulong cookie) => _byCookie.GetValueOrDefault(cookie);

    /// <summary>What a guard serves without being asked: both protocols at each of its addresses.</summary>
    public IReadOnlyList<ListenEndPoint> OwnEndPoints { get; } =
        [.. addresses.SelectMany(address => Both(new IPEndPoint(address, dnsPort)))];

    /// <summary>Takes sockets that came from another process; a duplicate of one that is held already is closed.</summary>
    /// <returns>The guard's own of each socket that came, new or not.</returns>
    public List<ListenSocket> Adopt(IEnumerable<ListenSocket> sockets)
    {
        var held = new List<ListenSocket>();
        foreach (var socket in sockets)
        {
            if (!IsWhatItSays(socket))
            {
                Libc.Close(socket.Fd);
                continue;
            }
            var cookie = Libc.SocketCookie(socket.Fd);
            if (!_byCookie.TryAdd(cookie, socket))
            {
                Libc.Close(socket.Fd);
            }
            held.Add(_byCookie[cookie]);
        }
        return held;
    }

    /// <summary>Opens what is missing so that each endpoint has a socket for each worker.</summary>
    /// <returns>Those that were opened.</returns>
    /// <exception cref="SyscallException">One could not be opened; those opened before it stay.</exception>
    public List<ListenSocket> Open(IEnumerable<ListenEndPoint> endPoints, int workers)
    {
        var opened = new List<ListenSocket>();
        foreach (var endPoint in endPoints)
        {
            for (var worker = Count(endPoint); worker < workers; worker++)
            {
                var socket = ListenSockets.Open(endPoint, worker);
                _byCookie.Add(Libc.SocketCookie(socket.Fd), socket);
                opened.Add(socket);
            }
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

    /// <summary>Does the socket belong to one of these endpoints?</summary>
    public static bool Serves(ListenSocket socket, IEnumerable<ListenEndPoint> endPoints) =>
        endPoints.Any(e => e.Protocol == socket.Protocol && e.EndPoint.Equals(socket.EndPoint));

    /// <summary>
    /// No datagram arrives at the UDP sockets any more, whoever holds them: the kernel refuses it at once. What is queued
    /// can still be read, and replies still leave. Closing them instead would drop the queue without a word.
    /// </summary>
    /// <remarks>connect() does it: a connected socket only receives from its peer, here its own address at the discard
    /// port, and sendto() another peer still works.</remarks>
    public void RefuseNew()
    {
        foreach (var socket in All.Where(socket => socket.Protocol == ListenProtocol.Udp))
        {
            Libc.Connect(socket.Fd, SocketAddress.From(new IPEndPoint(socket.EndPoint.Address, 9)));
        }
    }

    /// <summary>Undoes <see cref="RefuseNew"/>, whoever has called it: datagrams arrive again.</summary>
    /// <returns>How many sockets refused.</returns>
    public int Receive() => All.Count(socket => socket.Protocol == ListenProtocol.Udp
        && !Libc.GetPeerName(socket.Fd).IsError && !Libc.Disconnect(socket.Fd).IsError);

    /// <summary>Closes the guard's descriptors; the sockets live on in whoever else holds them.</summary>
    public void Close()
    {
        ListenSockets.Close(_byCookie.Values);
        _byCookie.Clear();
    }

    private int Count(ListenEndPoint endPoint) => _byCookie.Values.Count(socket => Serves(socket, [endPoint]));

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any)
        || address.Equals(IPAddress.IPv6Any);

    private static IEnumerable<ListenEndPoint> Both(IPEndPoint endPoint) =>
        [new ListenEndPoint(ListenProtocol.Udp, endPoint), new ListenEndPoint(ListenProtocol.Tcp, endPoint)];

    /// <summary>A descriptor from another process may be anything: only a socket of that kind at that address will do, and
    /// none after <see cref="RefuseNew"/>.</summary>
    private static bool IsWhatItSays(ListenSocket socket) =>
        !Libc.GetSocketOption(socket.Fd, Libc.SOL_SOCKET, Libc.SO_TYPE, out var type).IsError
        && type == (socket.Protocol == ListenProtocol.Udp ? Libc.SOCK_DGRAM : Libc.SOCK_STREAM)
        && !Libc.GetSocketName(socket.Fd, out var name).IsError
        && name.ToIPEndPoint().Equals(socket.EndPoint)
        && Libc.GetPeerName(socket.Fd).Error == Errno.ENOTCONN;
}
