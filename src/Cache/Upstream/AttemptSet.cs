namespace NodeDns.Cache.Upstream;

/// <summary>The attempts of one exchange that may still be answered; a fifth closes the oldest.</summary>
internal sealed class AttemptSet
{
    private const int Capacity = 4;

    private readonly Attempt[] _attempts = new Attempt[Capacity];

    public ref Attempt this[int index] => ref _attempts[index];

    public Span<Attempt> All => _attempts;

    public bool AnyOpen
    {
        get
        {
            foreach (ref readonly var attempt in _attempts.AsSpan())
            {
                if (attempt.IsOpen)
                {
                    return true;
                }
            }
            return false;
        }
    }

    /// <summary>The index of a free place, made free if need be.</summary>
    public int Take()
    {
        var oldest = 0;
        for (var i = 0; i < _attempts.Length; i++)
        {
            if (!_attempts[i].IsOpen)
            {
                return i;
            }
            if (_attempts[i].SentMs < _attempts[oldest].SentMs)
            {
                oldest = i;
            }
        }
        Close(oldest);
        return oldest;
    }

    public bool Uses(StreamConnection connection)
    {
        foreach (ref readonly var attempt in _attempts.AsSpan())
        {
            if (attempt.Connection == connection)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Gives the socket back, or the connection the news that nobody waits.</summary>
    /// <returns>What the attempt was.</returns>
    public Attempt Close(int index)
    {
        var attempt = _attempts[index];
        _attempts[index] = default;
        attempt.Channel?.Release();
        attempt.Connection?.Forget(attempt.Id);
        return attempt;
    }

    public void CloseAll()
    {
        for (var i = 0; i < _attempts.Length; i++)
        {
            Close(i);
        }
    }
}
