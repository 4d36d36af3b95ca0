using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Guard.Node;

/// <summary>Lists which sockets are bound to an endpoint, in any process of this network namespace (sock_diag(7)). Asks
/// the kernel for one port and state only, because a node may have thousands of connections.</summary>
internal static class SocketTable
{
    private const int RequestSize = 56;
    private const int IdOffset = 4;
    private const int AddressOffset = IdOffset + 4;
    private const int InodeOffset = 68;
    private const uint Listening = 1 << 10;

    /// <summary>sock_diag reports unconnected UDP sockets in the state that TCP calls closed.</summary>
    private const uint Unconnected = 1 << 7;

    private const int INET_DIAG_REQ_BYTECODE = 1;
    private const byte INET_DIAG_BC_S_GE = 2;
    private const byte INET_DIAG_BC_S_LE = 3;
    private const ushort Reject = 4;

    /// <summary>The inodes of sockets bound to a UDP endpoint, or listening at a TCP endpoint. Wildcard sockets are not
    /// included.</summary>
    /// <exception cref="NetlinkException">The kernel refused the request.</exception>
    public static List<ulong> Bound(ListenEndPoint endPoint)
    {
        using var netlink = new NetlinkSocket(Libc.NETLINK_SOCK_DIAG);
        var found = new List<ulong>();
        var isUdp = endPoint.Protocol == ListenProtocol.Udp;
        var isIPv6 = endPoint.EndPoint.AddressFamily == AddressFamily.InterNetworkV6;
        var request = new byte[RequestSize];
        request[0] = (byte)(isIPv6 ? Libc.AF_INET6 : Libc.AF_INET);
        request[1] = (byte)(isUdp ? Libc.IPPROTO_UDP : Libc.IPPROTO_TCP);
        MemoryMarshal.Write(request.AsSpan(4), isUdp ? Unconnected : Listening);
        var message = new NetlinkWriter().Message(Libc.SOCK_DIAG_BY_FAMILY, Libc.NLM_F_DUMP).Raw(request)
            .Attribute(INET_DIAG_REQ_BYTECODE, OnlyPort((ushort)endPoint.EndPoint.Port));
        var address = endPoint.EndPoint.Address.GetAddressBytes();
        netlink.Request(message, $"look who is bound to {endPoint}", socket =>
        {
            var octets = socket.Body.Span;
            if (BinaryPrimitives.ReadUInt16BigEndian(octets[IdOffset..]) == endPoint.EndPoint.Port
                && octets.Slice(AddressOffset, address.Length).SequenceEqual(address))
            {
                found.Add(MemoryMarshal.Read<uint>(octets[InodeOffset..]));
            }
        });
        return found;
    }

    /// <summary>The inode of one of our own descriptors; 0 on an error.</summary>
    public static ulong Inode(int fd) => Libc.Status(fd, out var status).IsError ? 0 : status.Inode;

    /// <summary>struct inet_diag_bc_op: code (1 octet), offset of the next operation when true (1) and when false (2).
    /// A comparison is followed by a second operation whose last field is the port.</summary>
    private static byte[] OnlyPort(ushort port)
    {
        const int comparison = 8;
        var program = new byte[2 * comparison];
        Write(program, INET_DIAG_BC_S_GE, 2 * comparison + Reject);
        Write(program.AsSpan(comparison), INET_DIAG_BC_S_LE, comparison + Reject);
        return program;

        void Write(Span<byte> at, byte code, int whenFalse)
        {
            at[0] = code;
            at[1] = comparison;
            MemoryMarshal.Write(at[2..], (ushort)whenFalse);
            MemoryMarshal.Write(at[6..], port);
        }
    }
}
