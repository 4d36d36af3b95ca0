using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Store;

/// <summary>All answers of the process. Lookups take no lock; changes share one.</summary>
/// <remarks>
/// Lock order: <see cref="_gate"/> is a leaf, nothing else is taken under it. A writer publishes an entry by linking its
/// finished head into a bucket, and takes it back by making its sequence number odd before any of its cells is reused.
/// </remarks>
internal sealed unsafe class AnswerStore : IDisposable
{
    /// <summary>A chain longer than this means that the reader wandered; it then counts as a miss.</summary>
    private const int MaxChain = 64;

    private const int Attempts = 3;
    private const int Kinds = 3;

    /// <summary>Numbers of scopes that are gone before the first of them is given again: an exchange that began under it
    /// has long ended then, and what it brought is forgotten.</summary>
    private const int GoneScopes = 1024;

    private readonly CellArena _arena;
    private readonly uint _bucketMask;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ushort> _scopes = [];
    private readonly Queue<ushort> _goneScopes = new();
    private readonly List<string?> _scopeNames = [];
    private readonly SieveList _entries;
    private Partition[] _partitions = [];
    private long _evictions;

    /// <param name="budgetBytes">Everything the store will ever use; touched as it fills.</param>
    public AnswerStore(long budgetBytes)
    {
        _arena = new CellArena(budgetBytes);
        _bucketMask = _arena.BucketCount - 1;
        _entries = new SieveList(_arena, EntryHead.StoreLinksOffset);
    }

    /// <summary>Entries forgotten to make room, since the start.</summary>
    public long Evictions => Volatile.Read(ref _evictions);

    /// <summary>Octets in use by entries.</summary>
    public long UsedBytes => (long)(_arena.CellCount - 1 - _arena.FreeCells) * CellArena.CellSize;

    /// <summary>Octets entries can use at most.</summary>
    public long CapacityBytes => (long)(_arena.CellCount - 1) * CellArena.CellSize;

    /// <summary>Makes these the scopes in force: one that is there already, by its identity, keeps its number and its
    /// entries; all others are forgotten.</summary>
    public void Use(IReadOnlyCollection<AnswerScope> scopes)
    {
        var identities = scopes.Select(scope => (scope, scope.Identity)).ToList();
        lock (_gate)
        {
            foreach (var gone in _scopes.Keys.Except(identities.Select(known => known.Identity)).ToList())
            {
                var number = _scopes[gone];
                Clear_NeedsLock(number);
                _scopes.Remove(gone);
                _scopeNames[number] = null;
                _goneScopes.Enqueue(number);
            }
            foreach (var (scope, identity) in identities)
            {
                scope.Number = Scope_NeedsLock(identity, scope.Options);
            }
        }
    }

    /// <summary>The number of one scope, which is in force until the next <see cref="Use"/>.</summary>
    public ushort Scope(string identity, ScopeOptions options = default)
    {
        lock (_gate)
        {
            return Scope_NeedsLock(identity, options);
        }
    }

    /// <summary>Identity and number of the scopes in force.</summary>
    public IReadOnlyDictionary<string, ushort> ScopesInForce()
    {
        lock (_gate)
        {
            return new Dictionary<string, ushort>(_scopes);
        }
    }

    /// <summary>The identity of each scope in force at its number; null at those of scopes that are gone.</summary>
    internal string?[] ScopeNames()
    {
        lock (_gate)
        {
            return [.. _scopeNames];
        }
    }

    /// <summary>Entries of one kind and scope.</summary>
    public int Count(ushort scope, AnswerKind kind)
    {
        lock (_gate)
        {
            return scope < _scopeNames.Count ? PartitionOf(scope, kind).Entries.Count : 0;
        }
    }

    /// <summary>Entries of one kind and scope that were forgotten to make room, since the start.</summary>
    public long EvictionsOf(ushort scope, AnswerKind kind)
    {
        lock (_gate)
        {
            return scope < _scopeNames.Count ? PartitionOf(scope, kind).Evictions : 0;
        }
    }

    /// <summary>Looks an answer up and writes its counts and records into a reply whose header and question stand.
    /// </summary>
    /// <param name="reply">Counts go to octets 6 to 11, records to <paramref name="at"/> and on.</param>
    /// <param name="at">Offset of the first octet after the question, which is as long as the key's name and four.</param>
    /// <returns>Nothing is promised about the reply's octets unless the outcome is Fresh or Stale.</returns>
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

    /// <summary>Stores an answer whose TTL runs from <paramref name="storedMs"/>, in place of what the key had. An answer
    /// ends the failure to answer.</summary>
    public void Put(in AnswerKey key, in AnswerRecords answer, long storedMs)
    {
        var streamLength = key.Length + EntryHead.CountsLength + answer.Records.Length
            + answer.TtlOffsets.Length * sizeof(ushort);
        var cells = CellArena.CellsFor(streamLength);
        if (cells > _arena.CellCount / 4 || key.Length > ushort.MaxValue)
        {
            return;
        }

        lock (_gate)
        {
            if (key.Scope >= _scopeNames.Count)
            {
                return;
            }

            if (answer.Kind != AnswerKind.Failure)
            {
                Remove_NeedsLock(key.ForFailure());
            }

            var bucket = (uint)key.Hash & _bucketMask;
            var old = Find_NeedsLock(key, bucket);
            if (old != 0)
            {
                Remove_NeedsLock(old);
            }

            var partition = PartitionOf(key.Scope, answer.Kind);
            while (partition.IsFull)
            {
                Evict_NeedsLock(partition.Entries);
            }

            while (_arena.FreeCells < cells)
            {
                Evict_NeedsLock(_entries);
            }

            var entry = _arena.Take(cells);
            var head = _arena.Head(entry);
            head->HashHigh = (uint)(key.Hash >> 32);
            head->BucketIndex = bucket;
            head->BucketNext = _arena.Buckets[bucket];
            head->StoredMs = storedMs;
            head->TtlSeconds = answer.TtlSeconds;
            head->Scope = key.Scope;
            head->Kind = answer.Kind;
            head->KeyFlags = key.Flags;
            head->Type = (ushort)key.Type;
            head->Class = (ushort)key.Class;
            head->HeaderFlags = answer.HeaderFlags;
            head->TtlCount = (ushort)answer.TtlOffsets.Length;
            head->RecordsLength = (ushort)answer.Records.Length;
            head->KeyLength = (ushort)key.Length;
            var stream = new CellStream(_arena, entry);
            stream.Write(key.Name);
            stream.Write(key.SentOptions);
            stream.Write(answer.Counts[..EntryHead.CountsLength]);
            stream.Write(answer.Records);
            stream.Write(MemoryMarshal.AsBytes(answer.TtlOffsets));
            if (_arena.Popularity[entry] != 0)
            {
                _arena.Popularity[entry] = 0;
            }

            partition.Entries.Add(entry);
            _entries.Add(entry);
            Volatile.Write(ref head->Sequence, head->Sequence + 1);
            Volatile.Write(ref _arena.Buckets[bucket], entry);
        }
    }

    /// <summary>Forgets what the key had, and the failure to answer it: upstream has said otherwise.</summary>
    /// <param name="expiredByMs">Of answers, only one whose TTL is over by then.</param>
    public void Remove(in AnswerKey key, long expiredByMs = long.MaxValue)
    {
        lock (_gate)
        {
            Remove_NeedsLock(key, expiredByMs);
            Remove_NeedsLock(key.ForFailure());
        }
    }

    /// <summary>Counts a hit of a popular answer, for prefetch.</summary>
    /// <param name="windowSeconds">A longer gap since the last hit starts the count again.</param>
    /// <returns>Hits without such a gap, this one included. Two workers that count at once may lose one.</returns>
    public int CountHit(in StoredAnswer answer, long nowMs, int windowSeconds)
    {
        ref var popularity = ref _arena.Popularity[answer.Entry];
        var seen = popularity;
        var second = (ushort)(nowMs / 1000);
        var hits = seen >> 16;
        if ((ushort)(second - (ushort)seen) > windowSeconds)
        {
            hits = 0;
        }

        if (hits < ushort.MaxValue)
        {
            hits++;
        }

        popularity = hits << 16 | second;
        return (int)hits;
    }

    /// <summary>Visits entries that are within their TTL, oldest first, under the lock.</summary>
    /// <param name="isWanted">Told of each one what it takes to choose; the others are not read.</param>
    internal void ForEachLive(long nowMs, EntryFilter isWanted, EntryVisitor visit)
    {
        var stream = new byte[EntryHead.CountsLength + 4 * ushort.MaxValue];
        lock (_gate)
        {
            for (var entry = _entries.Oldest; entry != 0; entry = _entries.NewerThan(entry))
            {
                var head = _arena.Head(entry);
                if (head->ExpiresMs <= nowMs)
                {
                    continue;
                }

                if (!isWanted(head->Scope, head->KeyLength, head->RecordsLength, head->TtlCount, head->Visited != 0))
                {
                    continue;
                }

                int countsAt = head->KeyLength, recordsAt = countsAt + EntryHead.CountsLength;
                int offsetsAt = recordsAt + head->RecordsLength, end = offsetsAt + head->TtlCount * sizeof(ushort);
                new CellStream(_arena, entry).Read(stream.AsSpan(0, end));
                var answer = new AnswerRecords
                {
                    Kind = head->Kind,
                    HeaderFlags = head->HeaderFlags,
                    Counts = stream.AsSpan(countsAt, EntryHead.CountsLength),
                    Records = stream.AsSpan(recordsAt, head->RecordsLength),
                    TtlOffsets = MemoryMarshal.Cast<byte, ushort>(stream.AsSpan(offsetsAt, end - offsetsAt)),
                    TtlSeconds = head->TtlSeconds,
                };
                var nameLength = DnsName.LengthOf(stream);
                var key = new AnswerKey(stream.AsSpan(0, nameLength), (Qtype)head->Type, (Qclass)head->Class,
                    head->Scope, head->KeyFlags, stream.AsSpan(nameLength..countsAt));
                visit(key, answer, head->StoredMs);
            }
        }
    }

    /// <param name="wasHit">Asked again since it was stored, or since the hand that evicts last passed.</param>
    internal delegate bool EntryFilter(ushort scope, int keyLength, int recordsLength, int ttlCount, bool wasHit);

    internal delegate void EntryVisitor(in AnswerKey key, in AnswerRecords answer, long storedMs);

    public void Dispose() => _arena.Dispose();

    private GetOutcome TryGetOnce(in AnswerKey key, in GetOptions options, Span<byte> reply, int at,
        out StoredAnswer answer, out bool overtaken)
    {
        overtaken = false;
        answer = default;
        var hashHigh = (uint)(key.Hash >> 32);
        var entry = Volatile.Read(ref _arena.Buckets[(uint)key.Hash & _bucketMask]);
        for (var hops = 0; entry != 0 && hops < MaxChain; hops++)
        {
            if (entry >= _arena.CellCount)
            {
                return Overtaken(out overtaken);
            }

            var head = _arena.Head(entry);
            var sequence = Volatile.Read(ref head->Sequence);
            if ((sequence & 1) != 0)
            {
                return Overtaken(out overtaken);
            }

            if (head->HashHigh == hashHigh && IsKey(head, key))
            {
                var stream = new CellStream(_arena, entry);
                if (stream.Matches(key.Name) && stream.Matches(key.SentOptions))
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

    private static bool IsKey(EntryHead* head, in AnswerKey key) =>
        head->KeyLength == key.Length && head->Type == (ushort)key.Type && head->Class == (ushort)key.Class
        && head->Scope == key.Scope && head->KeyFlags == key.Flags;

    private static bool IsKey(CellStream stream, in AnswerKey key) =>
        stream.Matches(key.Name) && stream.Matches(key.SentOptions);

    private ushort Scope_NeedsLock(string identity, ScopeOptions options)
    {
        if (!_scopes.TryGetValue(identity, out var scope))
        {
            if (_goneScopes.Count > GoneScopes)
            {
                scope = _goneScopes.Dequeue();
                Clear_NeedsLock(scope);
            }
            else
            {
                scope = (ushort)_scopeNames.Count;
                _scopeNames.Add(null);
                _partitions = [.. _partitions, new(_arena), new(_arena), new(_arena)];
            }
            _scopeNames[scope] = identity;
            _scopes.Add(identity, scope);
        }
        PartitionOf(scope, AnswerKind.Success).Capacity = options.SuccessCapacity;
        PartitionOf(scope, AnswerKind.Denial).Capacity = options.DenialCapacity;
        PartitionOf(scope, AnswerKind.Failure).Capacity = options.DenialCapacity;
        return scope;
    }

    private void Clear_NeedsLock(ushort scope)
    {
        for (var kind = 0; kind < Kinds; kind++)
        {
            while (_partitions[scope * Kinds + kind].Entries.Oldest is not 0 and uint entry)
            {
                Remove_NeedsLock(entry);
            }
        }
    }

    private void Remove_NeedsLock(in AnswerKey key, long expiredByMs = long.MaxValue)
    {
        if (Find_NeedsLock(key, (uint)key.Hash & _bucketMask) is not 0 and var entry
            && _arena.Head(entry)->ExpiresMs <= expiredByMs)
        {
            Remove_NeedsLock(entry);
        }
    }

    private uint Find_NeedsLock(in AnswerKey key, uint bucket)
    {
        for (var entry = _arena.Buckets[bucket]; entry != 0; entry = _arena.Head(entry)->BucketNext)
        {
            var head = _arena.Head(entry);
            if (head->HashHigh == (uint)(key.Hash >> 32) && IsKey(head, key)
                && IsKey(new CellStream(_arena, entry), key))
            {
                return entry;
            }
        }
        return 0;
    }

    private void Evict_NeedsLock(SieveList from)
    {
        var victim = from.PickVictim();
        var head = _arena.Head(victim);
        PartitionOf(head->Scope, head->Kind).Evictions++;
        Remove_NeedsLock(victim);
        Volatile.Write(ref _evictions, _evictions + 1);
    }

    private void Remove_NeedsLock(uint entry)
    {
        var head = _arena.Head(entry);
        var link = &_arena.Buckets[head->BucketIndex];
        while (*link != entry)
        {
            link = &_arena.Head(*link)->BucketNext;
        }

        Volatile.Write(ref *link, head->BucketNext);
        PartitionOf(head->Scope, head->Kind).Entries.Remove(entry);
        _entries.Remove(entry);
        _arena.Give(entry);
    }

    private Partition PartitionOf(ushort scope, AnswerKind kind) => _partitions[scope * Kinds + (int)kind];
}
