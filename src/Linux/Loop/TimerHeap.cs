namespace NodeDns.Linux.Loop;

/// <summary>A binary heap of <see cref="LoopTimer"/>, earliest first. Each timer knows its index, so removing one takes
/// O(log n).</summary>
internal sealed class TimerHeap
{
    private LoopTimer[] _timers = new LoopTimer[64];
    private int _count;

    /// <summary>When the earliest timer is due; long.MaxValue when none is armed.</summary>
    public long EarliestMs => _count == 0 ? long.MaxValue : _timers[0].DueMs;

    public void Add(LoopTimer timer)
    {
        if (_count == _timers.Length)
        {
            Array.Resize(ref _timers, _count * 2);
        }
        Place(timer, _count++);
        SiftUp(timer.HeapIndex);
    }

    public void Remove(LoopTimer timer)
    {
        var index = timer.HeapIndex;
        timer.HeapIndex = LoopTimer.NotArmed;
        var last = _timers[--_count];
        _timers[_count] = null!;
        if (last == timer)
        {
            return;
        }
        Place(last, index);
        SiftUp(index);
        SiftDown(last.HeapIndex);
    }

    /// <summary>Removes and returns the earliest timer if it is due; otherwise null.</summary>
    public LoopTimer? TakeDue(long nowMs)
    {
        if (_count == 0 || _timers[0].DueMs > nowMs)
        {
            return null;
        }
        var timer = _timers[0];
        Remove(timer);
        return timer;
    }

    private void SiftUp(int index)
    {
        var timer = _timers[index];
        while (index > 0 && _timers[(index - 1) / 2].DueMs > timer.DueMs)
        {
            Place(_timers[(index - 1) / 2], index);
            index = (index - 1) / 2;
        }
        Place(timer, index);
    }

    private void SiftDown(int index)
    {
        var timer = _timers[index];
        while (true)
        {
            var child = 2 * index + 1;
            if (child >= _count)
            {
                break;
            }
            if (child + 1 < _count && _timers[child + 1].DueMs < _timers[child].DueMs)
            {
                child++;
            }
            if (_timers[child].DueMs >= timer.DueMs)
            {
                break;
            }
            Place(_timers[child], index);
            index = child;
        }
        Place(timer, index);
    }

    private void Place(LoopTimer timer, int index)
    {
        _timers[index] = timer;
        timer.HeapIndex = index;
    }
}
