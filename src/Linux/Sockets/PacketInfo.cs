using System.Net;
using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Linux.Sockets;

/// <summary>Which of the machine's addresses a datagram was sent to, for a socket that is bound to all of them: the reply
/// must come from that one, or its client will not know it.</summary>
/// <remarks>
/// The kernel says so in a control message, and takes the same one back when sending (ip(7) IP_PKTINFO, ipv6(7)
/// IPV6_PKTINFO): cmsg_len (8), level (4), type (4), then for IPv4 interface (4), local address (4), destination (4), for
/// IPv6 address (16), interface (4); host order. The interface is cleared, so that routes decide. A machine has few
/// addresses: each is kept once, and a query carries its number.
/// </remarks>
public sealed class PacketInfo
{
    /// <summary>CMSG_SPACE of the larger, IPv6's.</summary>
    public const int Size = 40;

    /// <summary>The number of "not known": the kernel chooses.</summary>
    public const long None = -1;

    /// <summary>More addresses than any node has; a route that makes a whole prefix local could bring more.</summary>
    private const int Maximum = 1024;

    private const int DataOffset = 16;
    private const int IPv4Length = DataOffset + 12;
    private const int IPv6Length = DataOffset + 20;

    private readonly List<byte[]> _controls = [];
    private readonly bool _isIPv6;

    private PacketInfo(bool isIPv6) => _isIPv6 = isIPv6;

    /// <summary>Asks the kernel to say it; null for a socket that is bound to one address.</summary>
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

    /// <summary>The number of the address in a datagram's control message.</summary>
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
