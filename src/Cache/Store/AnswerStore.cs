using System.Numerics;
using System.Runtime.InteropServices;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Store;

/// <summary>All answers of the process. Lookups take no lock; all changes take the same one.</summary>
/// <remarks>
/// Lock order: <see cref="_gate"/> is a leaf, nothing else is taken under it. A writer publishes an entry by linking its
/// finished head into a bucket, and takes it back by making its sequence number odd before any of its cells is reused.
/// </remarks>
internal sealed unsafe partial class AnswerStore : IDisposable
{
    // SAFETY: heads are followed under _gate only, so every index in a bucket or a list is one of a linked entry.
    private readonly CellArena _arena;
    private readonly uint _bucketMask;
    private readonly Lock _gate = new();
    private readonly AnswerLookup _lookup;
    private readonly ScopeTable _scopes;
    private readonly SieveList _entries;
    private readonly KernelCopies _copies;
    private object? _copying;
    private byte[] _stream = [];
    private long _countedMs;
    private long _evictions;
    private volatile bool _isCopying;

    /// <param name="budgetBytes">All memory that the store may use. It is used only as the store fills.</param>
    public AnswerStore(long budgetBytes)
    {
        _arena = new CellArena(budgetBytes);
        _bucketMask = _arena.BucketCount - 1;
        _lookup = new AnswerLookup(_arena);
        _scopes = new ScopeTable(_arena);
        _entries = new SieveList(_arena, EntryHead.StoreLinksOffset);
        _copies = new KernelCopies(WasAsked_NeedsLock);
    }

    /// <summary>How many entries have been evicted since the start.</summary>
    public long Evictions => Volatile.Read(ref _evictions);

    /// <summary>The octets that entries use.</summary>
    public long UsedBytes => (long)(_arena.CellCount - 1 - _arena.FreeCells) * CellArena.CellSize;

    /// <summary>The most octets that entries can use.</summary>
    public long CapacityBytes => (long)(_arena.CellCount - 1) * CellArena.CellSize;

    /// <summary>Puts these scopes in force. A scope whose identity is known already keeps its number and its entries.
    /// The entries of all other scopes are removed.</summary>
    public void Use(IReadOnlyCollection<AnswerScope> scopes)
    {
        var identities = scopes.Select(scope => (scope, scope.Identity)).ToList();
        lock (_gate)
        {
            foreach (var gone in _scopes.KeepOnly(identities.Select(known => known.Identity)))
            {
                Clear_NeedsLock(gone);
            }
            foreach (var (scope, identity) in identities)
            {
                scope.Number = Scope_NeedsLock(identity, scope.Options);
            }
        }
    }

    /// <summary>Puts one more scope in force, until the next <see cref="Use"/>, and returns its number.</summary>
    public ushort Scope(string identity, ScopeOptions options = default)
    {
        lock (_gate)
        {
            return Scope_NeedsLock(identity, options);
        }
    }

    /// <summary>The numbers of the scopes in force, by their identity.</summary>
    public IReadOnlyDictionary<string, ushort> ScopesInForce()
    {
        lock (_gate)
        {
            return _scopes.InForce();
        }
    }

    /// <summary>The identities of the scopes in force, indexed by number; null for scopes that were removed.</summary>
    internal string?[] ScopeNames()
    {
        lock (_gate)
        {
            return _scopes.Identities();
        }
    }

    /// <summary>The number of entries of one kind in one scope.</summary>
    public int Count(ushort scope, AnswerKind kind)
    {
        lock (_gate)
        {
            return _scopes.Has(scope) ? _scopes.PartitionOf(scope, kind).Entries.Count : 0;
        }
    }

    /// <summary>How many entries of one kind in one scope have been evicted since the start.</summary>
    public long EvictionsOf(ushort scope, AnswerKind kind)
    {
        lock (_gate)
        {
            return _scopes.Has(scope) ? _scopes.PartitionOf(scope, kind).Evictions : 0;
        }
    }

    /// <summary>Looks up an answer and writes its counts and records into a reply that already has header and
    /// question.</summary>
    /// <param name="reply">Counts are written to octets 6-11, records from <paramref name="at"/> on.</param>
    /// <param name="at">The offset after the question, which has the length of the key's name plus four octets.</param>
    /// <returns>The reply is valid only if the outcome is Fresh or Stale.</returns>
    public GetOutcome TryGet(in AnswerKey key, in GetOptions options, Span<byte> reply, int at, out StoredAnswer answer) =>
        _lookup.TryGet(key, options, reply, at, out answer);

    /// <summary>Stores an answer whose TTL counts from <paramref name="storedMs"/>. Replaces the answer of this key,
    /// and removes the failure to answer it.</summary>
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
            if (!_scopes.Has(key.Scope))
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

            var partition = _scopes.PartitionOf(key.Scope, answer.Kind);
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

    /// <summary>Removes the answer of this key, and the failure to answer it, because upstream has given another
    /// answer.</summary>
    /// <param name="expiredByMs">Removes an answer only if it has expired by this time.</param>
    public void Remove(in AnswerKey key, long expiredByMs = long.MaxValue)
    {
        lock (_gate)
        {
            Remove_NeedsLock(key, expiredByMs);
            Remove_NeedsLock(key.ForFailure());
        }
    }

    /// <summary>Counts a hit, for prefetch.</summary>
    /// <param name="windowSeconds">A longer gap since the last hit restarts the count.</param>
    /// <returns>The number of hits without such a gap, including this one. If two workers count at the same time, one
    /// hit may be lost.</returns>
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

    /// <summary>Visits the unexpired entries, oldest first, while holding the lock.</summary>
    /// <param name="isWanted">Chooses the entries to visit, by their lengths and flags. The others are not
    /// read.</param>
    internal void ForEachLive(long nowMs, EntryFilter isWanted, EntryVisitor visit)
    {
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

                var answer = Read_NeedsLock(entry, out var key, out var storedMs);
                visit(key, answer, storedMs);
            }
            _stream = [];
        }
    }

    /// <summary>Reads an entry. What it returns is valid until the next call.</summary>
    private AnswerRecords Read_NeedsLock(uint entry, out AnswerKey key, out long storedMs)
    {
        var head = _arena.Head(entry);
        int countsAt = head->KeyLength, recordsAt = countsAt + EntryHead.CountsLength;
        int offsetsAt = recordsAt + head->RecordsLength, end = offsetsAt + head->TtlCount * sizeof(ushort);
        if (_stream.Length < end)
        {
            _stream = new byte[(int)BitOperations.RoundUpToPowerOf2((uint)end)];
        }
        var stream = _stream.AsSpan(0, end);
        new CellStream(_arena, entry).Read(stream);
        var nameLength = DnsName.LengthOf(stream);
        key = new AnswerKey(stream[..nameLength], (Qtype)head->Type, (Qclass)head->Class, head->Scope, head->KeyFlags,
            stream[nameLength..countsAt]);
        storedMs = head->StoredMs;
        return new AnswerRecords
        {
            Kind = head->Kind,
            HeaderFlags = head->HeaderFlags,
            Counts = stream.Slice(countsAt, EntryHead.CountsLength),
            Records = stream.Slice(recordsAt, head->RecordsLength),
            TtlOffsets = MemoryMarshal.Cast<byte, ushort>(stream[offsetsAt..]),
            TtlSeconds = head->TtlSeconds,
        };
    }

    /// <param name="wasHit">The entry was asked for again since it was stored, or since the hand last passed
    /// it.</param>
    internal delegate bool EntryFilter(ushort scope, int keyLength, int recordsLength, int ttlCount, bool wasHit);

    internal delegate void EntryVisitor(in AnswerKey key, in AnswerRecords answer, long storedMs);

    public void Dispose()
    {
        CopyTo(null, []);
        _arena.Dispose();
    }

    private ushort Scope_NeedsLock(string identity, ScopeOptions options)
    {
        var number = _scopes.NumberOf(identity, options, out var isReused);
        if (isReused)
        {
            // The number is reused. An exchange of the former scope may have stored an answer after that scope was
            // removed.
            Clear_NeedsLock(number);
        }
        return number;
    }

    private void Clear_NeedsLock(ushort scope)
    {
        foreach (var partition in _scopes.PartitionsOf(scope))
        {
            while (partition.Entries.Oldest is not 0 and uint entry)
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
            if (head->HashHigh == (uint)(key.Hash >> 32) && head->HasKey(key)
                && new CellStream(_arena, entry).Matches(key))
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
        _scopes.PartitionOf(head->Scope, head->Kind).Evictions++;
        Remove_NeedsLock(victim);
        Volatile.Write(ref _evictions, _evictions + 1);
    }

    private void Remove_NeedsLock(uint entry)
    {
        _copies.Remove(entry);
        var head = _arena.Head(entry);
        var link = &_arena.Buckets[head->BucketIndex];
        while (*link != entry)
        {
            link = &_arena.Head(*link)->BucketNext;
        }

        Volatile.Write(ref *link, head->BucketNext);
        _scopes.PartitionOf(head->Scope, head->Kind).Entries.Remove(entry);
        _entries.Remove(entry);
        _arena.Give(entry);
    }
}
