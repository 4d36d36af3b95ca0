using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>Ends TCP connections that would answer their clients no more (sock_diag(7), SOCK_DESTROY), so that these ask
/// again at once instead of waiting for a timeout.</summary>
internal static class TcpReset
{
    private const uint Established = 1 << 1;
    private const uint TimeWait = 1 << 6;
    private const uint CloseWait = 1 << 8;
    private const int RequestSize = 56;
    private const int IdOffset = 4;
    private const int IdSize = 48;
    private const int InodeOffset = 68;

    /// <summary>Resets all accepted connections to the port at these addresses.</summary>
    /// <param name="kept">Inodes of connections that another process has accepted and that are not reset.</param>
    /// <returns>How many were reset; 0 also when the kernel cannot do it (CONFIG_INET_DIAG_DESTROY).</returns>
    /// <exception cref="NetlinkException">EPERM: CAP_NET_ADMIN is missing.</exception>
    public static int Reset(IReadOnlyCollection<IPAddress> addresses, int port, IReadOnlySet<ulong> kept) =>
        // Inode 0: the connection is not accepted yet; the relay will accept it.
        Destroy(Established | CloseWait, addresses, port, inode => inode != 0 && !kept.Contains(inode));

    /// <summary>Forgets the connections that this node has closed within the last minute. When packets for an address
    /// begin to arrive here, one of a connection that was made elsewhere is answered with a reset, unless an earlier
    /// connection of the same client port is remembered: then its packets are dropped (RFC 9293, section 3.10.7.4,
    /// TIME-WAIT).</summary>
    /// <returns>How many were forgotten; 0 also when the kernel cannot do it (EOPNOTSUPP).</returns>
    public static int Forget(IReadOnlyCollection<IPAddress> addresses, int port) => Destroy(TimeWait, addresses, port, _ => true);

    private static int Destroy(uint states, IReadOnlyCollection<IPAddress> addresses, int port, Func<uint, bool> isMeant)
    {
        using var netlink = new NetlinkSocket(Libc.NETLINK_SOCK_DIAG);
        var count = 0;
        foreach (var family in new[] { Libc.AF_INET, Libc.AF_INET6 })
        {
            var id = new byte[IdSize];
            BinaryPrimitives.WriteUInt16BigEndian(id, (ushort)port);
            var meant = new List<byte[]>();
            netlink.Request(Request(Libc.SOCK_DIAG_BY_FAMILY, Libc.NLM_F_DUMP, family, states, id), "list connections", connection =>
            {
                var octets = connection.Body.Span;
                var found = octets.Slice(IdOffset, IdSize);
                if (isMeant(MemoryMarshal.Read<uint>(octets[InodeOffset..])) && BinaryPrimitives.ReadUInt16BigEndian(found) == port
                    && addresses.Contains(new IPAddress(found.Slice(4, family == Libc.AF_INET6 ? 16 : 4))))
                {
                    meant.Add(found.ToArray());
                }
            });
            count += meant.Count(found => Destroy(netlink, family, states, found));
        }
        return count;
    }

    private static bool Destroy(NetlinkSocket netlink, int family, uint states, byte[] id)
    {
        try
        {
            netlink.Request(Request(Libc.SOCK_DESTROY, Libc.NLM_F_ACK, family, states, id), "reset a connection");
            return true;
        }
        catch (NetlinkException)
        {
            return false;
        }
    }

    /// <summary>struct inet_diag_req_v2: family, protocol, extensions, padding (1 octet each), states (4), then the id:
    /// ports (2 + 2), addresses (16 + 16), link (4), cookie (8).</summary>
    private static NetlinkWriter Request(ushort type, ushort flags, int family, uint states, byte[] id)
    {
        var request = new byte[RequestSize];
        request[0] = (byte)family;
        request[1] = Libc.IPPROTO_TCP;
        MemoryMarshal.Write(request.AsSpan(4), states);
        id.CopyTo(request, RequestSize - IdSize);
        return new NetlinkWriter().Message(type, flags).Raw(request);
    }
}
