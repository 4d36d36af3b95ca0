using System.Buffers.Binary;

namespace NodeDns.Dns.Wire;

/// <summary>The question of a message. It is checked on creation, and its spans point into the message.</summary>
/// <remarks>
/// Wire, from octet 12: qname (labels, never compressed here), then qtype and qclass, two octets each, big-endian
/// (RFC 1035 section 4.1.2).
/// </remarks>
public readonly ref struct QuestionReader
{
    private QuestionReader(ReadOnlySpan<byte> name, Qtype type, Qclass @class)
    {
        Name = name;
        Type = type;
        Class = @class;
    }

    /// <summary>The qname as sent, including the final zero.</summary>
    public ReadOnlySpan<byte> Name { get; }

    public Qtype Type { get; }

    public Qclass Class { get; }

    /// <summary>The length of the question in octets: name, type and class.</summary>
    public int Length => Name.Length + 4;

    /// <summary>The offset in the message after the question.</summary>
    public int End => DnsHeader.Length + Length;

    /// <summary>Parses the first question of <paramref name="message"/>. The caller has to check QDCOUNT.</summary>
    /// <returns>false when the message ends within the question, or when the name is compressed or too long.</returns>
    public static bool TryRead(ReadOnlySpan<byte> message, out QuestionReader question)
    {
        question = default;
        if (message.Length < DnsHeader.Length + 5)
        {
            return false;
        }

        var rest = message[DnsHeader.Length..];
        var length = DnsName.LengthOf(rest);
        if (length == 0 || rest.Length < length + 4)
        {
            return false;
        }

        question = new QuestionReader(
            rest[..length],
            (Qtype)BinaryPrimitives.ReadUInt16BigEndian(rest[length..]),
            (Qclass)BinaryPrimitives.ReadUInt16BigEndian(rest[(length + 2)..]));
        return true;
    }

    /// <summary>Writes a question.</summary>
    /// <param name="question">Room for <see cref="DnsName.MaxLength"/> + 4 octets.</param>
    /// <param name="name">The name in wire form.</param>
    /// <returns>The length of the question.</returns>
    public static int Write(Span<byte> question, ReadOnlySpan<byte> name, Qtype type, Qclass @class)
    {
        name.CopyTo(question);
        BinaryPrimitives.WriteUInt16BigEndian(question[name.Length..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(question[(name.Length + 2)..], (ushort)@class);
        return name.Length + 4;
    }
}
