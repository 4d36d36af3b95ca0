using System.Runtime.InteropServices;
using System.Text;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>One received netlink message: its type, and the octets after the 16-octet header.</summary>
/// <param name="Body">May be in the socket's buffer, and is then valid only until the callback returns.</param>
internal readonly record struct NetlinkMessage(ushort Type, ReadOnlyMemory<byte> Body)
{
    public ushort Flags { get; init; }

    /// <summary>The attributes after the family's header, which is <paramref name="headerOctets"/> long.</summary>
    public IEnumerable<NetlinkAttribute> Attributes(int headerOctets) =>
        NetlinkAttribute.Read(Body[headerOctets..]);
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
