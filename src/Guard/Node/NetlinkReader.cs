using System.Runtime.InteropServices;
using System.Text;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>One received netlink message: its type, and the octets after the 16-octet header.</summary>
/// <param name="Body">May be in the socket's buffer, and is then valid only until the callback returns.</param>
internal readonly record struct NetlinkMessage(ushort Type, ReadOnlyMemory<byte> Body)
{
    private const int HeaderSize = 16;

    public ushort Flags { get; init; }

    /// <summary>Reads the messages of a datagram. Stops at a message that claims to be longer than the
    /// datagram.</summary>
    public static IEnumerable<NetlinkMessage> Read(ReadOnlyMemory<byte> datagram)
    {
        while (datagram.Length >= HeaderSize)
        {
            var length = MemoryMarshal.Read<uint>(datagram.Span);
            if (length < HeaderSize || length > datagram.Length)
            {
                yield break;
            }
            yield return new NetlinkMessage(MemoryMarshal.Read<ushort>(datagram.Span[4..]), datagram[HeaderSize..(int)length])
            {
                Flags = MemoryMarshal.Read<ushort>(datagram.Span[6..]),
            };
            datagram = datagram[Math.Min(((int)length + 3) & ~3, datagram.Length)..];
        }
    }

    /// <summary>The attributes after the family's header of <paramref name="headerOctets"/> octets; none when the
    /// message is shorter.</summary>
    public IEnumerable<NetlinkAttribute> Attributes(int headerOctets) =>
        NetlinkAttribute.Read(Body[Math.Min(headerOctets, Body.Length)..]);

    /// <summary>The error in a message of type NLMSG_ERROR; null for an acknowledgement.</summary>
    /// <remarks>struct nlmsgerr: error (4 octets, negative errno or 0), the request's header (16), attributes.</remarks>
    public NetlinkException? Error(string what)
    {
        if (Body.Length < sizeof(int))
        {
            return new NetlinkException(what, Errno.EPROTO, null);
        }
        var error = unchecked(-MemoryMarshal.Read<int>(Body.Span));
        if (error == 0)
        {
            return null;
        }
        const int messageText = 1;
        var detail = (Flags & Libc.NLM_F_ACK_TLVS) != 0
            ? Attributes(4 + HeaderSize).FirstOrDefault(attribute => attribute.Type == messageText)
            : default;
        return new NetlinkException(what, (Errno)error, detail.Value.IsEmpty ? null : detail.Text);
    }
}

/// <summary>One attribute. Read nested attributes with <see cref="Nested"/>.</summary>
internal readonly record struct NetlinkAttribute(int Type, ReadOnlyMemory<byte> Value)
{
    public string Text => Encoding.UTF8.GetString(Value.Span).TrimEnd('\0');

    public IEnumerable<NetlinkAttribute> Nested => Read(Value);

    /// <summary>Reads attributes up to the end of the octets, or up to one that runs past it.</summary>
    public static IEnumerable<NetlinkAttribute> Read(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length >= 4)
        {
            var length = MemoryMarshal.Read<ushort>(bytes.Span);
            if (length < 4 || length > bytes.Length)
            {
                yield break;
            }
            var type = MemoryMarshal.Read<ushort>(bytes.Span[2..]) & Libc.NLA_TYPE_MASK;
            yield return new NetlinkAttribute(type, bytes[4..length]);
            bytes = bytes[Math.Min((length + 3) & ~3, bytes.Length)..];
        }
    }
}
