using System.Buffers.Binary;
using System.Net;
using SocketAddress = NodeDns.Linux.Interop.SocketAddress;

namespace NodeDns.Telemetry.Tap;

/// <summary>One lookup, as a tap reports it.</summary>
/// <remarks>
/// Layout, little-endian, <see cref="FixedLength"/> octets and then the name:
/// <code>
///  0  8  when the query was read, nanoseconds of CLOCK_MONOTONIC; over the socket nanoseconds since 1970
///  8  8  nanoseconds from there to the reply
/// 16  8  nanoseconds that the upstream server took; 0 without one
/// 24 16  client's address, IPv4 mapped into IPv6 (RFC 4291 section 2.5.5.2)
/// 40 16  upstream's address; zero without one
/// 56  2  client's port            58  2  upstream's port
/// 60  2  query type               62  2  octets of the reply; 0: there was none
/// 64  2  rcode                    66  1  <see cref="TapSource"/>
/// 67  1  1: over TCP              68  1  octets of the name      69  3  zero
/// 72  …  lower-case name as in a message (RFC 1035 section 3.1), at most 255 octets
/// </code>
/// </remarks>
public ref struct TapEntry
{
    public const int FixedLength = 72;

    public const int MaxLength = FixedLength + 255;

    private const byte OverTcp = 1;

    public long TimeNs;
    public long DurationNs;
    public TapUpstream Upstream;
    public SocketAddress Client;
    public ushort Type;
    public ushort ReplyLength;
    public ushort Rcode;
    public TapSource Source;
    public bool IsTcp;

    /// <summary>Empty if the query could not be read.</summary>
    public ReadOnlySpan<byte> Name;

    /// <returns>Octets written.</returns>
    public readonly int Write(Span<byte> to)
    {
        BinaryPrimitives.WriteInt64LittleEndian(to, TimeNs);
        BinaryPrimitives.WriteInt64LittleEndian(to[8..], DurationNs);
        BinaryPrimitives.WriteInt64LittleEndian(to[16..], Upstream.DurationNs);
        WriteAddress(to.Slice(24, 16), Client);
        WriteAddress(to.Slice(40, 16), Upstream.Server);
        BinaryPrimitives.WriteUInt16LittleEndian(to[56..], Client.Port);
        BinaryPrimitives.WriteUInt16LittleEndian(to[58..], Upstream.Server.Port);
        BinaryPrimitives.WriteUInt16LittleEndian(to[60..], Type);
        BinaryPrimitives.WriteUInt16LittleEndian(to[62..], ReplyLength);
        BinaryPrimitives.WriteUInt16LittleEndian(to[64..], Rcode);
        to[66] = (byte)Source;
        to[67] = IsTcp ? OverTcp : (byte)0;
        to[68] = (byte)Name.Length;
        to.Slice(69, 3).Clear();
        Name.CopyTo(to[FixedLength..]);
        return FixedLength + Name.Length;
    }

    /// <summary>Reads an entry in the format of <see cref="Write"/>.</summary>
    /// <returns>false when the octets are not one complete entry.</returns>
    public static bool TryRead(ReadOnlySpan<byte> from, out TapEntry entry)
    {
        entry = default;
        if (from.Length < FixedLength || from.Length != LengthOf(from))
        {
            return false;
        }

        entry.TimeNs = BinaryPrimitives.ReadInt64LittleEndian(from);
        entry.DurationNs = BinaryPrimitives.ReadInt64LittleEndian(from[8..]);
        entry.Client = ReadAddress(from.Slice(24, 16), BinaryPrimitives.ReadUInt16LittleEndian(from[56..]));
        entry.Upstream = new TapUpstream(
            ReadAddress(from.Slice(40, 16), BinaryPrimitives.ReadUInt16LittleEndian(from[58..])),
            BinaryPrimitives.ReadInt64LittleEndian(from[16..]));
        entry.Type = BinaryPrimitives.ReadUInt16LittleEndian(from[60..]);
        entry.ReplyLength = BinaryPrimitives.ReadUInt16LittleEndian(from[62..]);
        entry.Rcode = BinaryPrimitives.ReadUInt16LittleEndian(from[64..]);
        entry.Source = (TapSource)from[66];
        entry.IsTcp = (from[67] & OverTcp) != 0;
        entry.Name = from[FixedLength..];
        return true;
    }

    /// <summary>The entry's length, computed from its fixed part.</summary>
    internal static int LengthOf(ReadOnlySpan<byte> entry) => FixedLength + entry[68];

    private static void WriteAddress(Span<byte> to, in SocketAddress address)
    {
        if (address.Family == SocketAddress.FamilyIPv6)
        {
            address.Address.CopyTo(to);
            return;
        }

        to.Clear();
        if (address.Family == SocketAddress.FamilyIPv4)
        {
            to[10] = to[11] = 0xFF;
            address.Address.CopyTo(to[12..]);
        }
    }

    private static SocketAddress ReadAddress(ReadOnlySpan<byte> from, ushort port)
    {
        if (!from.ContainsAnyExcept((byte)0))
        {
            return default;
        }

        var address = new IPAddress(from);
        return SocketAddress.From(new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port));
    }
}
