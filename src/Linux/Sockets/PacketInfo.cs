using System.Net;
using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Linux.Sockets;

/// <summary>For a socket that is bound to all addresses: which address a datagram was sent to. The reply must come from
/// that address, or the client will not accept it.</summary>
/// <remarks>
/// The kernel tells the address in a control message, and accepts the same message when sending (ip(7) IP_PKTINFO,
/// ipv6(7) IPV6_PKTINFO). Layout, in host order: cmsg_len (8 octets), level (4), type (4); then for IPv4 interface (4),
/// local address (4), destination (4); for IPv6 address (16), interface (4). The interface is set to 0, so that the
/// routing table decides. A machine has few addresses, so each is kept once and a query carries its number.
/// </remarks>
public sealed class PacketInfo
{
    /// <summary>CMSG_SPACE of the larger message, which is IPv6's.</summary>
    public const int Size = 40;

    /// <summary>The number for an unknown address: the kernel chooses the source.</summary>
    public const long None = -1;

    /// <summary>The most addresses to remember. No node has as many, but a route may make a whole prefix
    /// local.</summary>
    private const int Maximum = 1024;

    private const int DataOffset = 16;
    private const int IPv4Length = DataOffset + 12;
    private const int IPv6Length = DataOffset + 20;

    private readonly List<byte[]> _controls = [];
    private readonly bool _isIPv6;

    private PacketInfo(bool isIPv6) => _isIPv6 = isIPv6;

    /// <summary>Asks the kernel for these control messages. Returns null for a socket that is bound to one
    /// address.</summary>
    public static PacketInfo? For(ListenSocket socket)
    {
        var isIPv6 = socket.EndPoint.Address.Equals(IPAddress.IPv6Any);
        if (!isIPv6 && !socket.EndPoint.Address.Equals(IPAddress.Any))
        {
            return null;
        }

        var asked = isIPv6
            ? Libc.SetSocketOption(socket.Fd, Libc.IPPROTO_IPV6, Libc.IPV6_RECVPKTINFO, 1)
            : Libc.SetSocketOption(socket.Fd, Libc.IPPROTO_IP, Libc.IP_PKTINFO, 1);
        return asked.IsError ? null : new PacketInfo(isIPv6);
    }

    /// <summary>Returns the number of the address in a datagram's control message.</summary>
    public long Remember(ReadOnlySpan<byte> received)
    {
        var length = _isIPv6 ? IPv6Length : IPv4Length;
        if (received.Length < length)
        {
            return None;
        }

        var address = _isIPv6 ? received.Slice(DataOffset, 16) : received.Slice(DataOffset + 4, 4);
        for (var i = 0; i < _controls.Count; i++)
        {
            if (_controls[i].AsSpan(_isIPv6 ? DataOffset : DataOffset + 4, address.Length).SequenceEqual(address))
            {
                return i;
            }
        }

        if (_controls.Count == Maximum)
        {
            return None;
        }

        var control = new byte[(length + 7) & ~7];
        MemoryMarshal.Write(control, (ulong)length);
        received.Slice(8, 8).CopyTo(control.AsSpan(8));
        address.CopyTo(control.AsSpan(_isIPv6 ? DataOffset : DataOffset + 4));
        _controls.Add(control);
        return _controls.Count - 1;
    }

    /// <summary>The control message to send with a reply.</summary>
    public ReadOnlySpan<byte> Control(long number) => number == None ? default : _controls[(int)number];
}
