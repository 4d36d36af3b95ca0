using System.Buffers.Binary;

namespace NodeDns.Dns.Wire;

/// <summary>The twelve octets at the front of every message (RFC 1035 section 4.1.1, RFC 4035 section 3).</summary>
/// <remarks>
/// <code>
///    0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15
///  +-----------------------------------------------+
///  |                      ID                       |  0
///  |QR|   OPCODE  |AA|TC|RD|RA| Z|AD|CD|   RCODE   |  2
///  |                    QDCOUNT                    |  4
///  |                    ANCOUNT                    |  6
///  |                    NSCOUNT                    |  8
///  |                    ARCOUNT                    | 10
///  +-----------------------------------------------+
/// </code>
/// Every method takes a message of at least <see cref="Length"/> octets.
/// </remarks>
public static class DnsHeader
{
    public const int Length = 12;

    public const ushort QR = 0x8000;
    public const ushort OpcodeMask = 0x7800;
    public const ushort AA = 0x0400;
    public const ushort TC = 0x0200;
    public const ushort RD = 0x0100;
    public const ushort RA = 0x0080;
    public const ushort Z = 0x0040;
    public const ushort AD = 0x0020;
    public const ushort CD = 0x0010;
    public const ushort RcodeMask = 0x000F;

    public static ushort Id(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message);

    public static ushort Flags(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[2..]);

    public static Opcode Opcode(ushort flags) => (Opcode)((flags & OpcodeMask) >> 11);

    /// <summary>The low four bits of the response code. The high eight bits are in the OPT record, if there is
    /// one.</summary>
    public static Rcode Rcode(ReadOnlySpan<byte> message) => (Rcode)(message[3] & RcodeMask);

    public static int QdCount(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[4..]);

    public static int AnCount(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[6..]);

    public static int NsCount(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[8..]);

    public static int ArCount(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[10..]);

    public static void SetId(Span<byte> message, ushort id) => BinaryPrimitives.WriteUInt16BigEndian(message, id);

    public static void SetFlags(Span<byte> message, ushort flags) =>
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], flags);

    public static void SetQdCount(Span<byte> message, int count) =>
        BinaryPrimitives.WriteUInt16BigEndian(message[4..], (ushort)count);

    public static void SetAnCount(Span<byte> message, int count) =>
        BinaryPrimitives.WriteUInt16BigEndian(message[6..], (ushort)count);

    public static void SetNsCount(Span<byte> message, int count) =>
        BinaryPrimitives.WriteUInt16BigEndian(message[8..], (ushort)count);

    public static void SetArCount(Span<byte> message, int count) =>
        BinaryPrimitives.WriteUInt16BigEndian(message[10..], (ushort)count);

    public static int Count(ReadOnlySpan<byte> message, Section section) =>
        BinaryPrimitives.ReadUInt16BigEndian(message[(6 + 2 * (int)section)..]);

    public static void SetCount(Span<byte> message, Section section, int count) =>
        BinaryPrimitives.WriteUInt16BigEndian(message[(6 + 2 * (int)section)..], (ushort)count);
}
