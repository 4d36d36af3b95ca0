namespace NodeDns.Guard;

/// <summary>Delays the next cache after repeated deaths. What kills the cache (a query, the Corefile, the memory limit)
/// would otherwise keep this node's lookups in a loop of restarts.</summary>
internal sealed class CrashLoop
{
    /// <summary>This many deaths within <see cref="WindowMs"/> count as a loop.</summary>
    public const int Deaths = 3;

    public const int WindowMs = 10_000;

    private const int FirstWaitMs = 2_000;
    private const int LongestWaitMs = 60_000;

    private readonly Queue<long> _deaths = [];
    private long _untilMs;
    private int _waitMs;
    private long _lastMs = long.MinValue / 2;

    /// <summary>Counts a death.</summary>
    /// <returns>How long the next cache is held back, in milliseconds; 0 for not at all.</returns>
    public int Died(long nowMs)
    {
        if (nowMs - _lastMs > LongestWaitMs + WindowMs)
        {
            _waitMs = 0;
        }
        _lastMs = nowMs;
        _deaths.Enqueue(nowMs);
        while (_deaths.Count > Deaths || nowMs - _deaths.Peek() > WindowMs)
        {
            _deaths.Dequeue();
        }
        // Once in a loop, each further death doubles the wait, until a minute passes without one.
        if (_deaths.Count < Deaths && _waitMs == 0)
        {
            return 0;
        }
        _waitMs = Math.Clamp(_waitMs * 2, FirstWaitMs, LongestWaitMs);
        _untilMs = nowMs + _waitMs;
        return _waitMs;
    }

    /// <summary>How much longer the next cache is held back, in milliseconds; 0 when it may come.</summary>
    public long WaitMs(long nowMs) => Math.Max(0, _untilMs - nowMs);
}
