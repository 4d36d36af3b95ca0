using System.Buffers.Binary;
using NodeDns.Linux.Interop;

namespace NodeDns.Telemetry.Dnstap;

/// <summary>The messages that are sent, with the numbers of dnstap.proto.</summary>
public enum DnstapType : byte
{
    ClientQuery = 5,
    ClientResponse = 6,
    ForwarderQuery = 7,
    ForwarderResponse = 8,
}

/// <summary>The transports, with the numbers of dnstap.proto.</summary>
public enum DnstapProtocol : byte
{
    Udp = 1,
    Tcp = 2,
    DoT = 3,
}

/// <summary>One message of dnstap.proto, as a protocol buffer.</summary>
/// <remarks>
/// The fields that are written, by number; a field that is not known is left out:
/// <code>
/// Dnstap   1 identity   2 version   3 extra   14 Message   15 type: 1, MESSAGE
/// Message  1 type   2 socket_family: 1 INET, 2 INET6   3 socket_protocol   4 query_address   5 response_address
///          6 query_port   7 response_port   8 query_time_sec   9 query_time_nsec, fixed32   10 query_message
///          12 response_time_sec   13 response_time_nsec, fixed32   14 response_message
/// </code>
/// </remarks>
public ref struct DnstapMessage
{
    /// <summary>The most octets of a message beside the texts of <see cref="DnstapOrigin"/> and the DNS message.</summary>
    public const int MaxOverhead = 128;

    private const int Varint = 0, Fixed32 = 5, Octets = 2;
    private const int LengthOctets = 3;

    public DnstapType Type;
    public DnstapProtocol Protocol;

    /// <summary>Who asked; default when that is not known.</summary>
    public SocketAddress QueryFrom;

    /// <summary>Who was asked.</summary>
    public SocketAddress ResponseFrom;

    /// <summary>Nanoseconds since 1970.</summary>
    public long QueryTimeNs;

    /// <summary>Nanoseconds since 1970; 0 for a query.</summary>
    public long ResponseTimeNs;

    /// <summary>The query or the response as on the wire; empty when it is not sent.</summary>
    public ReadOnlySpan<byte> Wire;

    private readonly bool IsResponse => Type is DnstapType.ClientResponse or DnstapType.ForwarderResponse;

    /// <param name="to">Room for <see cref="MaxOverhead"/>, the origin and the DNS message.</param>
    /// <returns>Octets written.</returns>
    public readonly int Write(Span<byte> to, DnstapOrigin origin)
    {
        origin.Octets.CopyTo(to);
        var at = origin.Octets.Length;
        Number(to, ref at, 15, 1);
        Tag(to, ref at, 14, Octets);
        // The length in a fixed number of octets, because it is known last. It fits: 21 bits, and a DNS message has 16.
        var length = at;
        at += LengthOctets;
        WriteMessage(to, ref at);
        var octets = at - length - LengthOctets;
        to[length] = (byte)(octets | 0x80);
        to[length + 1] = (byte)(octets >> 7 | 0x80);
        to[length + 2] = (byte)(octets >> 14);
        return at;
    }

    private readonly void WriteMessage(Span<byte> to, ref int at)
    {
        Number(to, ref at, 1, (byte)Type);
        var known = QueryFrom.Family == 0 ? ResponseFrom : QueryFrom;
        Number(to, ref at, 2, known.Family == SocketAddress.FamilyIPv6 ? 2UL : 1UL);
        Number(to, ref at, 3, (byte)Protocol);
        Address(to, ref at, 4, 6, QueryFrom);
        Address(to, ref at, 5, 7, ResponseFrom);
        Time(to, ref at, 8, QueryTimeNs);
        if (!IsResponse)
        {
            Bytes(to, ref at, 10, Wire);
            return;
        }

        Time(to, ref at, 12, ResponseTimeNs);
        Bytes(to, ref at, 14, Wire);
    }

    private static void Address(Span<byte> to, ref int at, int field, int portField, in SocketAddress address)
    {
        if (address.Family != 0)
        {
            Bytes(to, ref at, field, address.Address);
            Number(to, ref at, portField, address.Port);
        }
    }

    private static void Time(Span<byte> to, ref int at, int secondsField, long nanoseconds)
    {
        var (seconds, rest) = Math.DivRem(nanoseconds, 1_000_000_000);
        Number(to, ref at, secondsField, (ulong)seconds);
        Tag(to, ref at, secondsField + 1, Fixed32);
        BinaryPrimitives.WriteUInt32LittleEndian(to[at..], (uint)rest);
        at += sizeof(uint);
    }

    internal static void Bytes(Span<byte> to, ref int at, int field, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return;
        }

        Tag(to, ref at, field, Octets);
        Raw(to, ref at, (ulong)value.Length);
        value.CopyTo(to[at..]);
        at += value.Length;
    }

    private static void Number(Span<byte> to, ref int at, int field, ulong value)
    {
        Tag(to, ref at, field, Varint);
        Raw(to, ref at, value);
    }

    private static void Tag(Span<byte> to, ref int at, int field, int kind) => Raw(to, ref at, (ulong)(field << 3 | kind));

    /// <summary>A varint: seven bits an octet, the lowest first.</summary>
    private static void Raw(Span<byte> to, ref int at, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            to[at++] = (byte)(value | 0x80);
        }

        to[at++] = (byte)value;
    }
}
