using NodeDns.Cache.Store;

namespace NodeDns.Cache.Query;

/// <summary>Questions that upstream has been asked and has not answered; shared by all workers.</summary>
/// <remarks>Sharded by hash; each shard's lock is a leaf and is taken on misses only. A pending query is in the table from
/// <see cref="Join"/> until <see cref="Complete"/>; meanwhile its waiters are guarded by the shard's lock.</remarks>
internal sealed class InFlightTable
{
    /// <summary>Exchanges under way at once, in all workers: about 1.5 KB each.</summary>
    public const int DefaultMaximum = 8192;

    /// <summary>Clients waiting for one exchange; more are refused.</summary>
    public const int MaximumWaiters = 4096;

    private const int ShardCount = 32;
    private const int BucketsPerShard = 256;

    private readonly Shard[] _shards = new Shard[ShardCount];
    private readonly int _maximum;
    private int _count;

    private sealed class Shard
    {
        public readonly Lock Gate = new();
        public readonly PendingQuery?[] Buckets = new PendingQuery?[BucketsPerShard];
    }

    public InFlightTable(int maximum = DefaultMaximum)
    {
        _maximum = maximum;
        for (var i = 0; i < _shards.Length; i++)
        {
            _shards[i] = new Shard();
        }
    }

    /// <summary>Exchanges under way.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Adds a waiter to the exchange for a question, or makes <paramref name="candidate"/> that exchange.</summary>
    /// <param name="overTcp">Where upstream is asked by the client's protocol, UDP and TCP clients do not share an
    /// exchange: a truncated answer helps only one of them.</param>
    /// <param name="waiter">null for a refresh that nobody waits for.</param>
    internal JoinOutcome Join(in AnswerKey key, bool overTcp, Waiter? waiter, PendingQuery candidate)
    {
        var shard = ShardOf(key.Hash);
        lock (shard.Gate)
        {
            ref var bucket = ref shard.Buckets[BucketOf(key.Hash)];
            for (var pending = bucket; pending is not null; pending = pending.NextInBucket)
            {
                if (!pending.Matches(key, overTcp))
                {
                    continue;
                }

                if (waiter is null)
                {
                    return JoinOutcome.Joined;
                }

                return pending.AddWaiter(waiter) ? JoinOutcome.Joined : JoinOutcome.Full;
            }
            if (Interlocked.Increment(ref _count) > _maximum)
            {
                Interlocked.Decrement(ref _count);
                return JoinOutcome.Full;
            }
            if (waiter is not null)
            {
                candidate.AddWaiter(waiter);
            }

            candidate.NextInBucket = bucket;
            bucket = candidate;
            return JoinOutcome.Started;
        }
    }

    /// <summary>Takes an exchange out of the table.</summary>
    /// <returns>Its waiters, first to last; null when it is not in the table.</returns>
    internal Waiter? Complete(PendingQuery pending)
    {
        var shard = ShardOf(pending.Hash);
        lock (shard.Gate)
        {
            ref var link = ref shard.Buckets[BucketOf(pending.Hash)];
            while (link is not null && link != pending)
            {
                link = ref link.NextInBucketRef;
            }

            if (link is null)
            {
                return null;
            }

            link = pending.NextInBucket;
            pending.NextInBucket = null;
            Interlocked.Decrement(ref _count);
            return pending.TakeWaiters();
        }
    }

    /// <summary>Takes the waiters of an exchange that goes on without them.</summary>
    internal Waiter? TakeWaiters(PendingQuery pending)
    {
        lock (ShardOf(pending.Hash).Gate)
        {
            return pending.TakeWaiters();
        }
    }

    // The store's index uses the hash's low bits, entries its high half; any bits will do here.
    private Shard ShardOf(ulong hash) => _shards[(hash >> 40) % ShardCount];

    private static int BucketOf(ulong hash) => (int)((hash >> 48) % BucketsPerShard);
}

internal enum JoinOutcome
{
    /// <summary>The question is under way already; the waiter waits with the others.</summary>
    Joined,

    /// <summary>The candidate is in the table: ask upstream.</summary>
    Started,

    /// <summary>Too much is under way; nothing was changed.</summary>
    Full,
}
