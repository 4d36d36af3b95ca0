using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using NodeDns.Linux.Interop;

namespace NodeDns.Guard.Node;

/// <summary>Builds several netlink messages in one buffer.</summary>
/// <remarks>
/// netlink(7), host byte order: octets 0-3 length, 4-5 type, 6-7 flags, 8-11 sequence, 12-15 port id, then the family's
/// header and attributes. Attribute: 0-1 length, 2-3 type, 4… value. Both are padded to 4 octets.
/// </remarks>
internal sealed class NetlinkWriter
{
    private const int HeaderSize = 16;
    private byte[] _buffer = new byte[4096];
    private int _length;
    private int _message;

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <summary>The sequence number of the current message. The first is 1.</summary>
    public uint Sequence { get; private set; }

    /// <summary>Ends the current message, if any, and starts a new one. NLM_F_REQUEST is always set.</summary>
    public NetlinkWriter Message(ushort type, ushort flags)
    {
        _message = _length;
        var header = Take(HeaderSize);
        MemoryMarshal.Write(header[4..], type);
        MemoryMarshal.Write(header[6..], (ushort)(flags | Libc.NLM_F_REQUEST));
        MemoryMarshal.Write(header[8..], ++Sequence);
        return Patch();
    }

    /// <summary>Writes the family's fixed header, which follows the message header.</summary>
    public NetlinkWriter Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Take(bytes.Length));
        return Patch();
    }

    public NetlinkWriter Attribute(int type, ReadOnlySpan<byte> value)
    {
        var attribute = Take(4 + value.Length);
        MemoryMarshal.Write(attribute, (ushort)(4 + value.Length));
        MemoryMarshal.Write(attribute[2..], (ushort)type);
        value.CopyTo(attribute[4..]);
        return Patch();
    }

    /// <summary>Writes UTF-8 text with a terminating NUL.</summary>
    public NetlinkWriter Text(int type, string value) => Attribute(type, Encoding.UTF8.GetBytes(value + '\0'));

    /// <summary>Writes a number in host byte order, as rtnetlink expects.</summary>
    public NetlinkWriter HostNumber(int type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        MemoryMarshal.Write(bytes, value);
        return Attribute(type, bytes);
    }

    /// <summary>Writes a number in network byte order, as nfnetlink expects.</summary>
    public NetlinkWriter Number(int type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Attribute(type, bytes);
    }

    /// <summary>Writes an attribute that contains the attributes that <paramref name="content"/> writes.</summary>
    public NetlinkWriter Nested(int type, Action<NetlinkWriter> content)
    {
        var start = _length;
        Attribute(type | Libc.NLA_F_NESTED, []);
        content(this);
        MemoryMarshal.Write(_buffer.AsSpan(start), (ushort)(_length - start));
        return Patch();
    }

    private Span<byte> Take(int octets)
    {
        var padded = (octets + 3) & ~3;
        if (_length + padded > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + padded));
        }
        _length += padded;
        return _buffer.AsSpan(_length - padded, octets);
    }

    private NetlinkWriter Patch()
    {
        MemoryMarshal.Write(_buffer.AsSpan(_message), (uint)(_length - _message));
        return this;
    }
}
