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

    /// <summary>As long as the lengths in it can say; real answers are far below, so a later version has room to add.</summary>
    private const int LongestEntry = 4 + 2 + ushort.MaxValue + FixedLength + byte.MaxValue + 3 * ushort.MaxValue;

    private static ReadOnlySpan<byte> Magic => "NDNS"u8;

    /// <summary>Writes the answers that are within their TTL, oldest first, through a buffer of some 260 KiB.</summary>
    /// <param name="capacityBytes">Octets to write at most. Where that is not enough for all, those that were asked again go
    /// before the others, and of each the younger before the older.</param>
    public static void Export(AnswerStore store, long nowMs, long capacityBytes, Stream to)
    {
        long againBytes = 0, onceBytes = 0;
        store.ForEachLive(nowMs, (scope, name, records, ttls, wasHit) =>
        {
            if (wasHit) againBytes += EntryLength(scope, name, records, ttls);
            else onceBytes += EntryLength(scope, name, records, ttls);
            return false;
        }, static (string _, in AnswerKey _, in AnswerRecords _, long _) => { });

        long left = capacityBytes - HeaderLength;
        long skipAgain = Math.Max(0, againBytes - left), skipOnce = Math.Max(0, onceBytes - Math.Max(0, left - againBytes));
        byte[] buffer = new byte[LongestEntry];
        Magic.CopyTo(buffer);
        BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(4), Version);
        int used = HeaderLength;
        store.ForEachLive(nowMs, (scope, name, records, ttls, wasHit) =>
        {
            int length = EntryLength(scope, name, records, ttls);
            ref long skip = ref wasHit ? ref skipAgain : ref skipOnce;
            skip -= length;
            // Some may have been asked, or have come, since they were counted.
            if (skip > -length || length > left) return false;
            left -= length;
            if (used + length > buffer.Length)
            {
                to.Write(buffer, 0, used);
                used = 0;
            }
            return true;
        }, (string scope, in AnswerKey key, in AnswerRecords answer, long storedMs) =>
            used += Write(scope, key, answer, nowMs - storedMs, buffer.AsSpan(used)));
        to.Write(buffer, 0, used);
    }

    /// <summary>Puts the answers of a snapshot into a store that may hold others already, through a buffer as large as
    /// <see cref="Export"/>'s.</summary>
    /// <param name="scopes">Names of the scopes that this process serves; entries of others are left out.</param>
    /// <returns>Answers taken; -1 when this is not a snapshot that this version can read.</returns>
    public static int Import(AnswerStore store, Stream from, long nowMs, IReadOnlyDictionary<string, ushort> scopes)
    {
        byte[] buffer = new byte[LongestEntry];
        int have = from.ReadAtLeast(buffer, HeaderLength, throwOnEndOfStream: false);
        if (have < HeaderLength || !buffer.AsSpan().StartsWith(Magic)
            || BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(4)) != Version)
            return -1;
        int taken = 0;
        int at = HeaderLength;
        while (true)
        {
            if (!Holds(4)) return taken;
            uint length = BinaryPrimitives.ReadUInt32BigEndian(buffer.AsSpan(at));
            if (length > LongestEntry - 4 || !Holds(4 + (int)length)) return taken;
            if (TryTake(store, buffer.AsSpan(at + 4, (int)length), nowMs, scopes)) taken++;
            at += 4 + (int)length;
        }

        // Reads on until so many octets stand at `at`; false at the end.
        bool Holds(int octets)
        {
            if (have - at >= octets) return true;
            buffer.AsSpan(at, have - at).CopyTo(buffer);
            have -= at;
            at = 0;
            have += from.ReadAtLeast(buffer.AsSpan(have), octets - have, throwOnEndOfStream: false);
            return have >= octets;
        }
    }

    private static int EntryLength(string scope, int nameLength, int recordsLength, int ttlCount) =>
        4 + 2 + Encoding.UTF8.GetByteCount(scope) + FixedLength + nameLength + recordsLength + ttlCount * 2;

    /// <returns>Octets written.</returns>
    private static int Write(string scope, in AnswerKey key, in AnswerRecords answer, long ageMs, Span<byte> entry)
    {
        int length = EntryLength(scope, key.Name.Length, answer.Records.Length, answer.TtlOffsets.Length);
        int scopeLength = Encoding.UTF8.GetByteCount(scope);
        BinaryPrimitives.WriteUInt32BigEndian(entry, (uint)length - 4);
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
        return length;
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
