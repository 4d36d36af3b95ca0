using System.Buffers.Binary;

namespace NodeDns.Dns.Wire;

/// <summary>The one question of a message, checked when it is made; a view over the message's own octets.</summary>
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

    /// <summary>The qname as sent, case kept, final zero included.</summary>
    public ReadOnlySpan<byte> Name { get; }

    public Qtype Type { get; }

    public Qclass Class { get; }

    /// <summary>Octets of the question: name, type and class.</summary>
    public int Length => Name.Length + 4;

    /// <summary>Offset in the message of the first octet after the question.</summary>
    public int End => DnsHeader.Length + Length;

    /// <summary>Reads the first question of <paramref name="message"/>; QDCOUNT is for the caller to judge.</summary>
    /// <returns>false when the message ends inside the question, or its name is compressed or too long.</returns>
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
    /// <param name="question">At least <see cref="DnsName.MaxLength"/> and four octets.</param>
    /// <param name="name">Wire form.</param>
    /// <returns>Its length.</returns>
    public static int Write(Span<byte> question, ReadOnlySpan<byte> name, Qtype type, Qclass @class)
    {
        name.CopyTo(question);
        BinaryPrimitives.WriteUInt16BigEndian(question[name.Length..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(question[(name.Length + 2)..], (ushort)@class);
        return name.Length + 4;
    }
}
