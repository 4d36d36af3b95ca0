using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Store;

/// <summary>The unexpired answers of a store in serialized form, for the process that takes over from this one on the
/// same node.</summary>
/// <remarks>
/// Numbers are big-endian; sizes in octets are in parentheses. Header: "NDNS", version (2), time of writing in
/// milliseconds of CLOCK_BOOTTIME (8), number of scopes (2). Then for each scope: length of its name (4) and the name in
/// UTF-8. Then for each entry: number of octets that follow in this entry (4), index of its scope (2), age in milliseconds
/// at the time of writing (8), TTL in seconds (4), kind (1), key flags (1), type (2), class (2), header flags (2), length
/// of name and options (2), counts (6), length of the records (2), number of TTL fields (2), name, EDNS options sent
/// upstream, records, offsets of the TTL fields (2 each).
/// A reader skips octets at the end of an entry that it does not know, so a later version may add some. Version 1 had no
/// time of writing and named the scope in each entry; version 2 had no options.
/// </remarks>
internal static class StoreSnapshot
{
    public const ushort Version = 3;

    private const int HeaderLength = 4 + 2 + 8 + 2;
    private const int FixedLength = 2 + 8 + 4 + 1 + 1 + 2 + 2 + 2 + 2 + 6 + 2 + 2;

    /// <summary>The longest entry that the length fields allow. Real answers are far shorter, so a later version can
    /// add fields.</summary>
    private const int LongestEntry = 4 + FixedLength + 4 * ushort.MaxValue;

    /// <summary>Octets that are read or written in one call.</summary>
    private const int BlockLength = 64 << 10;

    private static ReadOnlySpan<byte> Magic => "NDNS"u8;

    /// <summary>Writes the unexpired answers, oldest first, using about 260 KiB of buffers.</summary>
    /// <param name="bootMs">The current time on CLOCK_BOOTTIME.</param>
    /// <param name="capacityBytes">The most octets to write. If not all answers fit, answers that were asked again come
    /// before others, and newer ones before older ones. A scope whose name does not fit is left out.</param>
    public static void Export(AnswerStore store, long nowMs, long bootMs, long capacityBytes, Stream to)
    {
        var names = store.ScopeNames();
        long[] againBytes = new long[names.Length], onceBytes = new long[names.Length];
        store.ForEachLive(nowMs, (scope, key, records, ttls, wasHit) =>
        {
            // A scope that was added meanwhile has no name here.
            if (scope < names.Length)
            {
                (wasHit ? againBytes : onceBytes)[scope] += EntryLength(key, records, ttls);
            }

            return false;
        }, static (in AnswerKey _, in AnswerRecords _, long _) => { });

        var octets = new BufferedStream(to, BlockLength);
        long left = capacityBytes - HeaderLength, again = 0, once = 0;
        var indexOf = new int[names.Length];
        var count = 0;
        for (var scope = 0; scope < names.Length; scope++)
        {
            indexOf[scope] = -1;
            if (names[scope] is not { } name || againBytes[scope] + onceBytes[scope] == 0)
            {
                continue;
            }

            var length = 4 + Encoding.UTF8.GetByteCount(name);
            if (length > left)
            {
                continue;
            }

            indexOf[scope] = count++;

            left -= length;
            again += againBytes[scope];
            once += onceBytes[scope];
        }
        var buffer = new byte[LongestEntry];
        Magic.CopyTo(buffer);
        BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(4), Version);
        BinaryPrimitives.WriteInt64BigEndian(buffer.AsSpan(6), bootMs);
        BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(14), (ushort)count);
        octets.Write(buffer, 0, HeaderLength);
        for (var scope = 0; scope < names.Length; scope++)
        {
            if (indexOf[scope] < 0)
            {
                continue;
            }

            var name = Encoding.UTF8.GetBytes(names[scope]!);
            BinaryPrimitives.WriteInt32BigEndian(buffer, name.Length);
            octets.Write(buffer, 0, 4);
            octets.Write(name);
        }

        long skipAgain = Math.Max(0, again - left), skipOnce = Math.Max(0, once - Math.Max(0, left - again));
        store.ForEachLive(nowMs, (scope, key, records, ttls, wasHit) =>
        {
            if (scope >= names.Length || indexOf[scope] < 0)
            {
                return false;
            }

            var length = EntryLength(key, records, ttls);
            ref var skip = ref wasHit ? ref skipAgain : ref skipOnce;
            skip -= length;
            // Answers may have been added, or asked again, since they were counted above.
            if (skip > -length || length > left)
            {
                return false;
            }

            left -= length;
            return true;
        }, (in AnswerKey key, in AnswerRecords answer, long storedMs) =>
            octets.Write(buffer, 0, Write(indexOf[key.Scope], key, answer, nowMs - storedMs, buffer)));
        octets.Flush();
    }

    /// <summary>Adds the answers of a snapshot to a store, which may already hold others. Uses buffers as large as
    /// <see cref="Export"/>'s. Answers that have expired since the snapshot was written are left out.</summary>
    /// <param name="bootMs">The current time on CLOCK_BOOTTIME.</param>
    /// <param name="scopes">The numbers of the scopes that this process serves, by name. Entries of other scopes are
    /// left out.</param>
    /// <returns>How many answers were added; -1 when this is no snapshot of this version, or was written before the
    /// machine's last start.</returns>
    public static int Import(AnswerStore store, Stream from, long nowMs, long bootMs,
        IReadOnlyDictionary<string, ushort> scopes)
    {
        var octets = new BufferedStream(from, BlockLength);
        var buffer = new byte[LongestEntry];
        if (!TryRead(HeaderLength) || !buffer.AsSpan().StartsWith(Magic)
            || BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(4)) != Version)
        {
            return -1;
        }

        var writtenMs = BinaryPrimitives.ReadInt64BigEndian(buffer.AsSpan(6));
        if (writtenMs < 0 || writtenMs > bootMs)
        {
            return -1;
        }

        var longestName = scopes.Keys.Select(Encoding.UTF8.GetByteCount).DefaultIfEmpty().Max();
        var scopeAt = new ushort?[BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(14))];
        var taken = 0;
        for (var i = 0; i < scopeAt.Length; i++)
        {
            if (!TryRead(4))
            {
                return taken;
            }

            var length = BinaryPrimitives.ReadUInt32BigEndian(buffer);
            if (length <= longestName)
            {
                var name = new byte[length];
                if (octets.ReadAtLeast(name, name.Length, throwOnEndOfStream: false) < name.Length)
                {
                    return taken;
                }

                if (scopes.TryGetValue(Encoding.UTF8.GetString(name), out var scope))
                {
                    scopeAt[i] = scope;
                }
            }
            else if (length > octets.Length - octets.Position)
            {
                return taken;
            }
            else
            {
                octets.Seek(length, SeekOrigin.Current);
            }
        }
        while (TryRead(4))
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(buffer);
            if (length > LongestEntry || !TryRead((int)length))
            {
                return taken;
            }

            if (TryTake(store, buffer.AsSpan(0, (int)length), nowMs, bootMs - writtenMs, scopeAt))
            {
                taken++;
            }
        }
        return taken;

        bool TryRead(int length) =>
            octets.ReadAtLeast(buffer.AsSpan(0, length), length, throwOnEndOfStream: false) == length;
    }

    private static int EntryLength(int keyLength, int recordsLength, int ttlCount) =>
        4 + FixedLength + keyLength + recordsLength + ttlCount * 2;

    /// <returns>Octets written.</returns>
    private static int Write(int scope, in AnswerKey key, in AnswerRecords answer, long ageMs, Span<byte> entry)
    {
        var length = EntryLength(key.Length, answer.Records.Length, answer.TtlOffsets.Length);
        BinaryPrimitives.WriteUInt32BigEndian(entry, (uint)length - 4);
        BinaryPrimitives.WriteUInt16BigEndian(entry[4..], (ushort)scope);
        var at = entry[6..];
        BinaryPrimitives.WriteInt64BigEndian(at, ageMs);
        BinaryPrimitives.WriteUInt32BigEndian(at[8..], answer.TtlSeconds);
        at[12] = (byte)answer.Kind;
        at[13] = (byte)key.Flags;
        BinaryPrimitives.WriteUInt16BigEndian(at[14..], (ushort)key.Type);
        BinaryPrimitives.WriteUInt16BigEndian(at[16..], (ushort)key.Class);
        BinaryPrimitives.WriteUInt16BigEndian(at[18..], answer.HeaderFlags);
        BinaryPrimitives.WriteUInt16BigEndian(at[20..], (ushort)key.Length);
        answer.Counts[..6].CopyTo(at[22..]);
        BinaryPrimitives.WriteUInt16BigEndian(at[28..], (ushort)answer.Records.Length);
        BinaryPrimitives.WriteUInt16BigEndian(at[30..], (ushort)answer.TtlOffsets.Length);
        at = at[(FixedLength - 2)..];
        key.Name.CopyTo(at);
        key.SentOptions.CopyTo(at[key.Name.Length..]);
        at = at[key.Length..];
        answer.Records.CopyTo(at);
        at = at[answer.Records.Length..];
        foreach (var offset in answer.TtlOffsets)
        {
            BinaryPrimitives.WriteUInt16BigEndian(at, offset);
            at = at[2..];
        }
        return length;
    }

    private static bool TryTake(AnswerStore store, ReadOnlySpan<byte> entry, long nowMs, long passedMs,
        ushort?[] scopeAt)
    {
        if (entry.Length < FixedLength)
        {
            return false;
        }

        int index = BinaryPrimitives.ReadUInt16BigEndian(entry);
        if (index >= scopeAt.Length || scopeAt[index] is not { } scope)
        {
            return false;
        }

        var at = entry[2..];
        int keyLength = BinaryPrimitives.ReadUInt16BigEndian(at[20..]);
        int recordsLength = BinaryPrimitives.ReadUInt16BigEndian(at[28..]);
        int ttlCount = BinaryPrimitives.ReadUInt16BigEndian(at[30..]);
        var body = entry[FixedLength..];
        if (body.Length < keyLength + recordsLength + ttlCount * 2)
        {
            return false;
        }

        var nameLength = DnsName.LengthOf(body[..keyLength]);
        if (nameLength == 0 || at[12] > (byte)AnswerKind.Failure)
        {
            return false;
        }

        var ttlOffsets = new ushort[ttlCount];
        body.Slice(keyLength + recordsLength, ttlCount * 2).CopyTo(MemoryMarshal.AsBytes(ttlOffsets.AsSpan()));
        if (BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(ttlOffsets, ttlOffsets);
        }

        var ageMs = BinaryPrimitives.ReadInt64BigEndian(at);
        var answer = new AnswerRecords
        {
            Kind = (AnswerKind)at[12],
            HeaderFlags = BinaryPrimitives.ReadUInt16BigEndian(at[18..]),
            Counts = at.Slice(22, 6),
            Records = body.Slice(keyLength, recordsLength),
            TtlOffsets = ttlOffsets,
            TtlSeconds = BinaryPrimitives.ReadUInt32BigEndian(at[8..]),
        };
        if (ageMs < 0 || ageMs >= answer.TtlSeconds * 1000L - passedMs)
        {
            return false;
        }

        var key = new AnswerKey(body[..nameLength], (Qtype)BinaryPrimitives.ReadUInt16BigEndian(at[14..]),
            (Qclass)BinaryPrimitives.ReadUInt16BigEndian(at[16..]), scope, (KeyFlags)at[13],
            body[nameLength..keyLength]);
        store.Put(key, answer, nowMs - passedMs - ageMs);
        return true;
    }
}
