using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using NodeDns.Cache.Wire;

namespace NodeDns.Cache.Store;

/// <summary>The live answers of a store as octets, for the process that takes over from this one.</summary>
/// <remarks>
/// Big-endian. Header: "NDNS", version (2), entry size is variable. Then for each entry: octets that follow in this entry
/// (4), scope name length (2) and UTF-8, age in milliseconds (8), TTL seconds (4), kind (1), key flags (1), type (2), class
/// (2), header flags (2), name length (1), counts (6), records length (2), TTL count (2), name, records, TTL offsets (2
/// each). Octets at the end of an entry that a reader does not know are skipped, so a later version may add some.
/// </remarks>
public static class StoreSnapshot
{
    public const ushort Version = 1;

    private const int HeaderLength = 6;
    private const int FixedLength = 8 + 4 + 1 + 1 + 2 + 2 + 2 + 1 + 6 + 2 + 2;

    private static ReadOnlySpan<byte> Magic => "NDNS"u8;

    /// <summary>Writes every answer that is within its TTL, oldest first.</summary>
    public static void Export(AnswerStore store, long nowMs, IBufferWriter<byte> to)
    {
        Magic.CopyTo(to.GetSpan(HeaderLength));
        BinaryPrimitives.WriteUInt16BigEndian(to.GetSpan(HeaderLength)[4..], Version);
        to.Advance(HeaderLength);
        store.ForEachLive(nowMs, (string scope, in AnswerKey key, in AnswerRecords answer, long storedMs) =>
            Write(scope, key, answer, nowMs - storedMs, to));
    }

    /// <summary>Puts the answers of <paramref name="snapshot"/> into a store that may hold others already.</summary>
    /// <param name="scopes">Names of the scopes that this process serves; entries of others are left out.</param>
    /// <returns>Answers taken; -1 when this is not a snapshot that this version can read.</returns>
    public static int Import(AnswerStore store, ReadOnlySpan<byte> snapshot, long nowMs,
        IReadOnlyDictionary<string, ushort> scopes)
    {
        if (snapshot.Length < HeaderLength || !snapshot.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt16BigEndian(snapshot[4..]) != Version)
            return -1;
        int taken = 0;
        ReadOnlySpan<byte> rest = snapshot[HeaderLength..];
        while (rest.Length >= 4)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > (uint)rest.Length - 4) break;
            if (TryTake(store, rest.Slice(4, (int)length), nowMs, scopes)) taken++;
            rest = rest[(4 + (int)length)..];
        }
        return taken;
    }

    private static void Write(string scope, in AnswerKey key, in AnswerRecords answer, long ageMs, IBufferWriter<byte> to)
    {
        int scopeLength = Encoding.UTF8.GetByteCount(scope);
        int length = 2 + scopeLength + FixedLength + key.Name.Length + answer.Records.Length
            + answer.TtlOffsets.Length * 2;
        Span<byte> entry = to.GetSpan(4 + length);
        BinaryPrimitives.WriteUInt32BigEndian(entry, (uint)length);
        BinaryPrimitives.WriteUInt16BigEndian(entry[4..], (ushort)scopeLength);
        Encoding.UTF8.GetBytes(scope, entry[6..]);
        Span<byte> at = entry[(6 + scopeLength)..];
        BinaryPrimitives.WriteInt64BigEndian(at, ageMs);
        BinaryPrimitives.WriteUInt32BigEndian(at[8..], answer.TtlSeconds);
        at[12] = (byte)answer.Kind;
        at[13] = (byte)key.Flags;
        BinaryPrimitives.WriteUInt16BigEndian(at[14..], (ushort)key.Type);
        BinaryPrimitives.WriteUInt16BigEndian(at[16..], (ushort)key.Class);
        BinaryPrimitives.WriteUInt16BigEndian(at[18..], answer.HeaderFlags);
        at[20] = (byte)key.Name.Length;
        answer.Counts[..6].CopyTo(at[21..]);
        BinaryPrimitives.WriteUInt16BigEndian(at[27..], (ushort)answer.Records.Length);
        BinaryPrimitives.WriteUInt16BigEndian(at[29..], (ushort)answer.TtlOffsets.Length);
        at = at[FixedLength..];
        key.Name.CopyTo(at);
        at = at[key.Name.Length..];
        answer.Records.CopyTo(at);
        at = at[answer.Records.Length..];
        foreach (ushort offset in answer.TtlOffsets)
        {
            BinaryPrimitives.WriteUInt16BigEndian(at, offset);
            at = at[2..];
        }
        to.Advance(4 + length);
    }

    private static bool TryTake(AnswerStore store, ReadOnlySpan<byte> entry, long nowMs,
        IReadOnlyDictionary<string, ushort> scopes)
    {
        if (entry.Length < 2) return false;
        int scopeLength = BinaryPrimitives.ReadUInt16BigEndian(entry);
        if (entry.Length < 2 + scopeLength + FixedLength) return false;
        ReadOnlySpan<byte> at = entry[(2 + scopeLength)..];
        int nameLength = at[20];
        int recordsLength = BinaryPrimitives.ReadUInt16BigEndian(at[27..]);
        int ttlCount = BinaryPrimitives.ReadUInt16BigEndian(at[29..]);
        ReadOnlySpan<byte> body = at[FixedLength..];
        if (body.Length < nameLength + recordsLength + ttlCount * 2) return false;
        ReadOnlySpan<byte> name = body[..nameLength];
        if (DnsName.LengthOf(name) != nameLength || at[12] > (byte)AnswerKind.Failure) return false;
        if (!scopes.TryGetValue(Encoding.UTF8.GetString(entry.Slice(2, scopeLength)), out ushort scope)) return false;

        ushort[] ttlOffsets = new ushort[ttlCount];
        body.Slice(nameLength + recordsLength, ttlCount * 2).CopyTo(MemoryMarshal.AsBytes(ttlOffsets.AsSpan()));
        if (BitConverter.IsLittleEndian) BinaryPrimitives.ReverseEndianness(ttlOffsets, ttlOffsets);
        long ageMs = BinaryPrimitives.ReadInt64BigEndian(at);
        var answer = new AnswerRecords
        {
            Kind = (AnswerKind)at[12],
            HeaderFlags = BinaryPrimitives.ReadUInt16BigEndian(at[18..]),
            Counts = at.Slice(21, 6),
            Records = body.Slice(nameLength, recordsLength),
            TtlOffsets = ttlOffsets,
            TtlSeconds = BinaryPrimitives.ReadUInt32BigEndian(at[8..]),
        };
        if (ageMs < 0 || ageMs >= answer.TtlSeconds * 1000L) return false;
        var key = new AnswerKey(name, (Qtype)BinaryPrimitives.ReadUInt16BigEndian(at[14..]),
            (Qclass)BinaryPrimitives.ReadUInt16BigEndian(at[16..]), scope, (KeyFlags)at[13]);
        store.Put(key, answer, nowMs - ageMs);
        return true;
    }
}
