using System.Buffers.Binary;
using System.Text;
using NodeDns.Cache.Store;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Tests.Store;

/// <summary>A store with answers that a test can recognise: one TXT-like record whose data names its key and size.</summary>
internal sealed class StoreHarness(long budgetBytes = 1 << 20) : IDisposable
{
    public AnswerStore Store { get; } = new(budgetBytes);

    public static AnswerKey Key(string name, ushort scope = 0, KeyFlags flags = 0, Qtype type = Qtype.TXT) =>
        new(DnsName.ParseLower(name), type, Qclass.IN, scope, flags);

    public void Put(string name, uint ttl = 60, long nowMs = 0, ushort scope = 0, AnswerKind kind = AnswerKind.Success,
        int size = 20, KeyFlags flags = 0, Qtype type = Qtype.TXT, string? content = null)
    {
        var records = Records(content ?? name, size);
        Store.Put(
            Key(name, scope, flags, type),
            new AnswerRecords
            {
                Kind = kind,
                HeaderFlags = 0x8180,
                Counts = [0, 1, 0, 0, 0, 0],
                Records = records,
                TtlOffsets = [6],
                TtlSeconds = ttl,
            },
            nowMs);
    }

    /// <returns>The content that was put, and the TTL that a reader sees; null when nothing is found.</returns>
    public (string Content, uint Ttl, GetOutcome Outcome)? Get(string name, long nowMs = 0, ushort scope = 0,
        KeyFlags flags = 0, Qtype type = Qtype.TXT, long staleMs = 0, bool keepTtl = false)
    {
        Span<byte> reply = stackalloc byte[4096];
        var key = Key(name, scope, flags, type);
        var at = DnsHeader.Length + key.Name.Length + 4;
        var outcome = Store.TryGet(
            key, new GetOptions(nowMs, staleMs, 30, keepTtl), reply, at, out var answer);
        if (outcome is GetOutcome.Missing)
        {
            return null;
        }

        var records = reply.Slice(at, answer.RecordsLength);
        return (Content(records), BinaryPrimitives.ReadUInt32BigEndian(records[6..]), outcome);
    }

    /// <summary>Owner pointer, type, class, TTL, RDLENGTH, then the content's octets repeated to the size.</summary>
    public static byte[] Records(string content, int size)
    {
        var text = Encoding.ASCII.GetBytes(content);
        var records = new byte[12 + 1 + text.Length + size];
        records[0] = 0xC0;
        records[1] = 12;
        BinaryPrimitives.WriteUInt16BigEndian(records.AsSpan(2), (ushort)Qtype.TXT);
        BinaryPrimitives.WriteUInt16BigEndian(records.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt16BigEndian(records.AsSpan(10), (ushort)(records.Length - 12));
        records[12] = (byte)text.Length;
        for (var i = 13; i < records.Length; i++)
        {
            records[i] = text[(i - 13) % text.Length];
        }

        return records;
    }

    /// <summary>The content, after checking that every octet belongs to it.</summary>
    public static string Content(ReadOnlySpan<byte> records)
    {
        int length = records[12];
        var content = Encoding.ASCII.GetString(records.Slice(13, length));
        for (var i = 13; i < records.Length; i++)
        {
            if (records[i] != content[(i - 13) % length])
            {
                throw new InvalidOperationException($"octet {i} of {content} belongs to another answer");
            }
        }

        return content;
    }

    public void Dispose() => Store.Dispose();
}
