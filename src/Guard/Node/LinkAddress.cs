using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>An address of a link, as the kernel lists it.</summary>
/// <param name="IsMarked">A guard has added it.</param>
internal sealed record LinkAddress(int LinkIndex, IPAddress Address, byte Scope, bool IsMarked)
{
    /// <summary>IFA_PROTO of addresses that a guard has added. It also marks our addresses on lo, which gets no alias.
    /// Kernels before 5.18 ignore it.</summary>
    public const byte OwnProtocol = 0x35;

    /// <summary>True for an IPv4 address whose scope is not link. The scope of an IPv6 address follows from its
    /// bits.</summary>
    public bool NeedsScope => Address.AddressFamily == AddressFamily.InterNetwork && Scope != Libc.RT_SCOPE_LINK;

    public static LinkAddress? Read(NetlinkMessage message)
    {
        var attributes = message.Attributes(8).ToList();
        var value = attributes.Where(a => a.Type == Libc.IFA_LOCAL).Select(a => a.Value)
            .Concat(attributes.Where(a => a.Type == Libc.IFA_ADDRESS).Select(a => a.Value))
            .FirstOrDefault();
        return value.Length is 4 or 16
            ? new LinkAddress(MemoryMarshal.Read<int>(message.Body.Span[4..]), new IPAddress(value.Span),
                message.Body.Span[3],
                attributes.Any(a => a.Type == Libc.IFA_PROTO && a.Value.Span is [OwnProtocol]))
            : null;
    }
}
