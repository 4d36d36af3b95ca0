using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>Resets the TCP connections that a hung cache has accepted (sock_diag(7), SOCK_DESTROY), so that clients ask
/// again at once instead of waiting for a timeout.</summary>
internal static class TcpReset
{
    private const uint Established = 1 << 1;
    private const uint CloseWait = 1 << 8;
    private const int RequestSize = 56;
    private const int IdOffset = 4;
    private const int IdSize = 48;
    private const int InodeOffset = 68;

    /// <summary>Resets all accepted connections to the port at these addresses.</summary>
    /// <param name="kept">Inodes of connections that another process has accepted and that are not reset.</param>
    /// <returns>How many were reset; 0 also when the kernel cannot do it (CONFIG_INET_DIAG_DESTROY).</returns>
    public static int Reset(IReadOnlyCollection<IPAddress> addresses, int port, IReadOnlySet<ulong> kept)
    {
        using var netlink = new NetlinkSocket(Libc.NETLINK_SOCK_DIAG);
        var count = 0;
        foreach (var family in new[] { Libc.AF_INET, Libc.AF_INET6 })
        {
            var id = new byte[IdSize];
            BinaryPrimitives.WriteUInt16BigEndian(id, (ushort)port);
            var accepted = new List<byte[]>();
            netlink.Request(Request(Libc.SOCK_DIAG_BY_FAMILY, Libc.NLM_F_DUMP, family, id), "list connections", connection =>
            {
                var octets = connection.Body.Span;
                var found = octets.Slice(IdOffset, IdSize);
                // Inode 0: the connection is not accepted yet; the relay will accept it.
                var inode = MemoryMarshal.Read<uint>(octets[InodeOffset..]);
                if (inode != 0 && !kept.Contains(inode) && BinaryPrimitives.ReadUInt16BigEndian(found) == port
                    && addresses.Contains(new IPAddress(found.Slice(4, family == Libc.AF_INET6 ? 16 : 4))))
                {
                    accepted.Add(found.ToArray());
                }
            });
            count += accepted.Count(found => Destroy(netlink, family, found));
        }
        return count;
    }

    private static bool Destroy(NetlinkSocket netlink, int family, byte[] id)
    {
        try
        {
            netlink.Request(Request(Libc.SOCK_DESTROY, Libc.NLM_F_ACK, family, id), "reset a connection");
            return true;
        }
        catch (NetlinkException)
        {
            return false;
        }
    }

    /// <summary>struct inet_diag_req_v2: family, protocol, extensions, padding (1 octet each), states (4), then the id:
    /// ports (2 + 2), addresses (16 + 16), link (4), cookie (8).</summary>
    private static NetlinkWriter Request(ushort type, ushort flags, int family, byte[] id)
    {
        var request = new byte[RequestSize];
        request[0] = (byte)family;
        request[1] = Libc.IPPROTO_TCP;
        MemoryMarshal.Write(request.AsSpan(4), Established | CloseWait);
        id.CopyTo(request, RequestSize - IdSize);
        return new NetlinkWriter().Message(type, flags).Raw(request);
    }
}
