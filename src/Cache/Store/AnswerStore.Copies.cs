using System.Net;
using NodeDns.Linux.KernelAnswers;

namespace NodeDns.Cache.Store;

/// <content>Which answers the kernel has copies of.</content>
internal sealed unsafe partial class AnswerStore
{
    /// <summary>Answers may be copied to the kernel (<see cref="Copy"/>).</summary>
    public bool IsCopying => _isCopying;

    /// <summary>How many answers the kernel has copies of.</summary>
    public int CopyCount
    {
        get
        {
            lock (_gate)
            {
                return _copies.Count;
            }
        }
    }

    /// <summary>The kernel has answered from an entry's copy.</summary>
    private void WasAsked_NeedsLock(uint entry, long hits)
    {
        _arena.Head(entry)->Visited = 1;
        ref var popularity = ref _arena.Popularity[entry];
        popularity = (uint)Math.Min((popularity >> 16) + hits, ushort.MaxValue) << 16 | (ushort)(_countedMs / 1000);
    }

    /// <summary>Copies answers to this memory from now on, from which the kernel gives them.</summary>
    /// <param name="servers">The addresses at which it does, by their numbers.</param>
    public void CopyTo(AnswerSlots? slots, IReadOnlyList<IPEndPoint> servers)
    {
        lock (_gate)
        {
            _copies.Use(slots, servers);
            _isCopying = _copies.IsOn;
        }
    }

    /// <summary>Takes all copies out. From now on only owners of this configuration have answers copied.</summary>
    public void CopyOnlyFor(object configuration)
    {
        lock (_gate)
        {
            _copies.Clear();
            _copying = configuration;
        }
    }

    /// <summary>Takes all copies out, and makes none until <see cref="ResumeCopies"/> was called as often.</summary>
    public void PauseCopies()
    {
        lock (_gate)
        {
            _copies.Pause();
            _isCopying = false;
        }
    }

    public void ResumeCopies()
    {
        lock (_gate)
        {
            _copies.Resume();
            _isCopying = _copies.IsOn;
        }
    }

    /// <summary>The kernel answers none of these clients from now on, because somebody watches their lookups.</summary>
    /// <param name="networks">null: everybody is watched.</param>
    public void WatchClients(IReadOnlyList<IPNetwork>? networks)
    {
        lock (_gate)
        {
            _copies.Watch(networks);
            _isCopying = _copies.IsOn;
        }
    }

    /// <summary>Counts what the kernel has answered from copies since the last call.</summary>
    public void CountCopies(long nowMs)
    {
        lock (_gate)
        {
            _countedMs = nowMs;
            _copies.Settle();
        }
    }

    /// <summary>Copies an answer to the kernel, if it is still stored and fits.</summary>
    /// <param name="configuration">The owner's; see <see cref="CopyOnlyFor"/>.</param>
    public void Copy(in AnswerKey key, ICopyOwner owner, object? configuration, long nowMs)
    {
        lock (_gate)
        {
            if (!_isCopying || configuration is null || configuration != _copying
                || Find_NeedsLock(key, (uint)key.Hash & _bucketMask) is not (> 0 and var entry))
            {
                return;
            }
            var answer = Read_NeedsLock(entry, out _, out var storedMs);
            _copies.Add(entry, owner, key, answer, storedMs, nowMs);
        }
    }
}
