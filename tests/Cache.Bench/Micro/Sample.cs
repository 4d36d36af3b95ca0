using System.Buffers.Binary;
using NodeDns.Cache.Store;
using NodeDns.Dns.Wire;

namespace NodeDns.Bench.Micro;

/// <summary>10,000 queries as stub resolvers send them (one A question, an OPT record) and the answers to them.</summary>
internal static class Sample
{
    public const int Count = 10_000;

    private const uint TtlSeconds = 3600;

    /// <summary>Octets after the question of each answer: one A record owned by the qname.</summary>
    private static readonly byte[] s_records = [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4, 10, 96, 1, 2];

    private static readonly ushort[] s_ttlOffsets = [6];

    public static byte[][] Queries()
    {
        var queries = new byte[Count][];
        for (var i = 0; i < Count; i++)
        {
            var name = DnsName.Parse($"Service-{i:0000}.default.svc.cluster.local")!;
            var query = new byte[DnsHeader.Length + name.Length + 4 + QueryEdns.EmptyOptLength];
            DnsHeader.SetId(query, (ushort)i);
            DnsHeader.SetFlags(query, DnsHeader.RD);
            DnsHeader.SetQdCount(query, 1);
            DnsHeader.SetArCount(query, 1);
            name.CopyTo(query, DnsHeader.Length);
            BinaryPrimitives.WriteUInt16BigEndian(query.AsSpan(DnsHeader.Length + name.Length), (ushort)Qtype.A);
            BinaryPrimitives.WriteUInt16BigEndian(query.AsSpan(DnsHeader.Length + name.Length + 2), (ushort)Qclass.IN);
            QueryEdns.WriteEmptyOpt(query.AsSpan(^QueryEdns.EmptyOptLength..), 1232, 0, dnssecOk: false);
            queries[i] = query;
        }
        return queries;
    }

    public static void Put(AnswerStore store, ushort scope, ReadOnlySpan<byte> lowerName) => store.Put(
        new AnswerKey(lowerName, Qtype.A, Qclass.IN, scope, KeyFlags.None),
        new AnswerRecords
        {
            Kind = AnswerKind.Success,
            HeaderFlags = DnsHeader.QR | DnsHeader.RD | DnsHeader.RA,
            Counts = [0, 1, 0, 0, 0, 0],
            Records = s_records,
            TtlOffsets = s_ttlOffsets,
            TtlSeconds = TtlSeconds,
        },
        storedMs: 0);
}
