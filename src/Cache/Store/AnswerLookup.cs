using System.Buffers.Binary;

namespace NodeDns.Cache.Store;

/// <summary>Finds and copies answers without a lock. A writer may change the cells at the same time.</summary>
internal sealed unsafe class AnswerLookup(CellArena arena)
{
    /// <summary>A chain longer than this cannot exist: a writer has changed it meanwhile. The lookup then counts as a
    /// miss.</summary>
    private const int MaxChain = 64;

    private const int Attempts = 3;

    // SAFETY: every entry index is checked against CellCount before it is followed, because a writer may reuse the cell.
    private readonly uint _bucketMask = arena.BucketCount - 1;

    /// <inheritdoc cref="AnswerStore.TryGet"/>
    public GetOutcome TryGet(in AnswerKey key, in GetOptions options, Span<byte> reply, int at, out StoredAnswer answer)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var outcome = TryGetOnce(key, options, reply, at, out answer, out var overtaken);
            if (!overtaken)
            {
                return outcome;
            }
        }
        answer = default;
        return GetOutcome.Missing;
    }

    private GetOutcome TryGetOnce(in AnswerKey key, in GetOptions options, Span<byte> reply, int at,
        out StoredAnswer answer, out bool overtaken)
    {
        overtaken = false;
        answer = default;
        var hashHigh = (uint)(key.Hash >> 32);
        var entry = Volatile.Read(ref arena.Buckets[(uint)key.Hash & _bucketMask]);
        for (var hops = 0; entry != 0 && hops < MaxChain; hops++)
        {
            if (entry >= arena.CellCount)
            {
                return Overtaken(out overtaken);
            }

            var head = arena.Head(entry);
            var sequence = Volatile.Read(ref head->Sequence);
            if ((sequence & 1) != 0)
            {
                return Overtaken(out overtaken);
            }

            if (head->HashHigh == hashHigh && head->HasKey(key))
            {
                var stream = new CellStream(arena, entry);
                if (stream.Matches(key))
                {
                    return Copy(head, entry, sequence, stream, options, reply, at, out answer, out overtaken);
                }
            }
            var next = head->BucketNext;
            Volatile.ReadBarrier();
            if (head->Sequence != sequence)
            {
                return Overtaken(out overtaken);
            }

            entry = next;
        }
        return GetOutcome.Missing;
    }

    private static GetOutcome Overtaken(out bool overtaken)
    {
        overtaken = true;
        return GetOutcome.Missing;
    }

    private static GetOutcome Copy(EntryHead* head, uint entry, uint sequence, CellStream stream, in GetOptions options,
        Span<byte> reply, int at, out StoredAnswer answer, out bool overtaken)
    {
        var copy = *head;
        answer = new StoredAnswer(copy, entry);
        var outcome = options.NowMs < copy.ExpiresMs ? GetOutcome.Fresh
            : options.NowMs < copy.ExpiresMs + options.StaleMs ? GetOutcome.Stale
            : GetOutcome.Missing;
        var complete = true;
        if (outcome != GetOutcome.Missing)
        {
            int length = copy.RecordsLength;
            if (at + length > reply.Length)
            {
                outcome = GetOutcome.TooLarge;
            }
            else
            {
                var ttl = options.KeepTtl ? copy.TtlSeconds
                    : outcome == GetOutcome.Stale ? options.StaleTtlSeconds
                    : answer.RemainingSeconds(options.NowMs);
                var records = reply.Slice(at, length);
                complete = stream.Read(reply.Slice(6, EntryHead.CountsLength)) && stream.Read(records)
                    && PatchTtls(ref stream, records, copy.TtlCount, ttl);
            }
        }
        Volatile.ReadBarrier();
        overtaken = head->Sequence != sequence || !complete;
        if (!overtaken && outcome != GetOutcome.Missing && head->Visited == 0)
        {
            head->Visited = 1;
        }

        return outcome;
    }

    private static bool PatchTtls(ref CellStream stream, Span<byte> records, int count, uint ttlSeconds)
    {
        for (var i = 0; i < count; i++)
        {
            if (!stream.ReadUInt16(out var offset) || offset + 4 > records.Length)
            {
                return false;
            }

            BinaryPrimitives.WriteUInt32BigEndian(records[offset..], ttlSeconds);
        }
        return true;
    }
}
