using System.Buffers.Binary;
using System.Text;
using NodeDns.Linux.Sockets;

namespace NodeDns.Linux.Handover;

/// <summary>One message of the hand-over protocol: a kind, fields, and the descriptors sent with it.</summary>
/// <remarks>
/// Each message is one SOCK_SEQPACKET message, in network byte order: octets 0-1 kind, then the fields, each with octets
/// 0-1 tag, 2-3 length, 4… value. Numbers have 8 octets, texts are UTF-8. Fields may repeat and come in any order.
/// </remarks>
public sealed class HandoverMessage(HandoverKind kind)
{
    /// <summary>The size in octets of the largest message, and of both sides' buffers.</summary>
    public const int Capacity = 32 << 10;

    /// <summary>Sockets in one message. Below SCM_MAX_FD (253), and their texts need far less than
    /// <see cref="Capacity"/>.</summary>
    public const int SocketsPerMessage = 128;

    private readonly List<(HandoverTag Tag, byte[] Value)> _fields = [];

    public HandoverKind Kind { get; } = kind;

    /// <summary>Of a received message: whoever handles the message owns them. Of a message to send: the sender keeps
    /// them.</summary>
    public List<int> Descriptors { get; } = [];

    public HandoverMessage With(HandoverTag tag, string text) => With(tag, Encoding.UTF8.GetBytes(text));

    public HandoverMessage With(HandoverTag tag, ulong number)
    {
        var value = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(value, number);
        return With(tag, value);
    }

    /// <summary>The first text with this tag, or null.</summary>
    public string? Text(HandoverTag tag) => Texts(tag).FirstOrDefault();

    public IEnumerable<string> Texts(HandoverTag tag) => Values(tag).Select(value => Encoding.UTF8.GetString(value));

    /// <summary>The first number with this tag, or <paramref name="otherwise"/>.</summary>
    public ulong Number(HandoverTag tag, ulong otherwise = 0) => Numbers(tag).DefaultIfEmpty(otherwise).First();

    public IEnumerable<ulong> Numbers(HandoverTag tag) =>
        Values(tag).Where(value => value.Length == 8).Select(value => BinaryPrimitives.ReadUInt64BigEndian(value));

    /// <summary>The endpoints in the <see cref="HandoverTag.EndPoint"/> fields. Texts that are not endpoints are
    /// skipped.</summary>
    public IEnumerable<ListenEndPoint> EndPoints() =>
        Texts(HandoverTag.EndPoint).Select(ListenEndPoint.Parse).OfType<ListenEndPoint>();

    /// <summary>The message in wire form.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[2 + _fields.Sum(field => 4 + field.Value.Length)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)Kind);
        var offset = 2;
        foreach (var (tag, value) in _fields)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(offset), (ushort)tag);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(offset + 2), (ushort)value.Length);
            value.CopyTo(bytes, offset + 4);
            offset += 4 + value.Length;
        }
        return bytes;
    }

    /// <summary>Parses a message in wire form.</summary>
    /// <returns>null when a field runs past the end.</returns>
    public static HandoverMessage? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2)
        {
            return null;
        }
        var message = new HandoverMessage((HandoverKind)BinaryPrimitives.ReadUInt16BigEndian(bytes));
        bytes = bytes[2..];
        while (!bytes.IsEmpty)
        {
            if (bytes.Length < 4)
            {
                return null;
            }
            var tag = (HandoverTag)BinaryPrimitives.ReadUInt16BigEndian(bytes);
            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
            if (bytes.Length < 4 + length)
            {
                return null;
            }
            message.With(tag, bytes.Slice(4, length).ToArray());
            bytes = bytes[(4 + length)..];
        }
        return message;
    }

    /// <summary>The messages that carry these sockets. All but the last one say that more follow.</summary>
    public static IEnumerable<HandoverMessage> OfSockets(HandoverKind kind, IReadOnlyList<ListenSocket> sockets)
    {
        var first = 0;
        do
        {
            var message = new HandoverMessage(kind);
            var end = Math.Min(first + SocketsPerMessage, sockets.Count);
            for (; first < end; first++)
            {
                var socket = sockets[first];
                message.With(HandoverTag.Socket,
                    $"{socket.Worker} {new ListenEndPoint(socket.Protocol, socket.EndPoint)}");
                message.Descriptors.Add(socket.Fd);
            }
            yield return message.With(HandoverTag.More, first < sockets.Count ? 1u : 0u);
        }
        while (first < sockets.Count);
    }

    /// <summary>The sockets of a received message. The caller owns them.</summary>
    /// <returns>null when the number of texts and the number of descriptors differ.</returns>
    public List<ListenSocket>? Sockets()
    {
        var texts = Texts(HandoverTag.Socket).ToList();
        if (texts.Count != Descriptors.Count)
        {
            return null;
        }
        var sockets = new List<ListenSocket>(texts.Count);
        for (var i = 0; i < texts.Count; i++)
        {
            var space = texts[i].IndexOf(' ', StringComparison.Ordinal);
            if (space < 0 || !int.TryParse(texts[i].AsSpan(0, space), out var worker) || worker < 0
                || ListenEndPoint.Parse(texts[i][(space + 1)..]) is not { } endPoint)
            {
                return null;
            }
            sockets.Add(new ListenSocket(Descriptors[i], endPoint.Protocol, endPoint.EndPoint, worker));
        }
        return sockets;
    }

    private HandoverMessage With(HandoverTag tag, byte[] value)
    {
        _fields.Add((tag, value));
        return this;
    }

    private IEnumerable<byte[]> Values(HandoverTag tag) =>
        _fields.Where(field => field.Tag == tag).Select(field => field.Value);
}
