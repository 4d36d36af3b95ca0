using NodeDns.Cache.Store;

namespace NodeDns.Cache.Query;

/// <summary>The questions that upstream has been asked and has not answered yet. Shared by all workers.</summary>
/// <remarks>Split into shards by hash. A shard's lock is taken on misses only, and no other lock is taken while it is
/// held. A pending query is in the table from <see cref="Join"/> to <see cref="Complete"/>, and that lock then guards
/// its waiters.</remarks>
internal sealed class InFlightTable
{
    /// <summary>The most exchanges at once, for all workers: about 1.5 KB each.</summary>
    public const int DefaultMaximum = 8192;

    /// <summary>The most clients that may wait for one exchange. Further ones are refused.</summary>
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

    /// <summary>The number of exchanges.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Adds a waiter to the exchange for this question. If there is none, <paramref name="candidate"/> becomes
    /// the exchange.</summary>
    /// <param name="overTcp">True when upstream is asked over TCP because the client used TCP. UDP and TCP clients then
    /// have separate exchanges, because a truncated answer is no use to TCP clients.</param>
    /// <param name="waiter">null for a refresh, which nobody waits for.</param>
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

    /// <summary>Removes an exchange from the table.</summary>
    /// <returns>Its waiters in order; null when the exchange is not in the table.</returns>
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

    /// <summary>Takes the waiters from an exchange that stays in the table.</summary>
    internal Waiter? TakeWaiters(PendingQuery pending)
    {
        lock (ShardOf(pending.Hash).Gate)
        {
            return pending.TakeWaiters();
        }
    }

    // The store uses the hash's low bits for its index and the high half in entries. Here any bits will do.
    private Shard ShardOf(ulong hash) => _shards[(hash >> 40) % ShardCount];

    private static int BucketOf(ulong hash) => (int)((hash >> 48) % BucketsPerShard);
}

internal enum JoinOutcome
{
    /// <summary>The question was already being asked; the waiter was added.</summary>
    Joined,

    /// <summary>The candidate is now in the table. The caller has to ask upstream.</summary>
    Started,

    /// <summary>There are too many exchanges or waiters; nothing was changed.</summary>
    Full,
}
