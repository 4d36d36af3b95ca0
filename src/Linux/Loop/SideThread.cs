using System.Collections.Concurrent;

namespace NodeDns.Linux.Loop;

/// <summary>One thread beside a loop for calls that may wait: work runs in the order it was given, and the loop hears of
/// its end.</summary>
public sealed class SideThread : IDisposable
{
    private readonly EventLoop _loop;
    private readonly BlockingCollection<(Action Work, Action Then)> _queue = [];
    private readonly Thread _thread;
    private readonly bool _waitsAtEnd;
    private readonly Lock _posting = new();

    // Under the lock above: the loop's descriptors are closed once its owner has disposed of this.
    private bool _disposed;

    /// <param name="waitsAtEnd">false: what is under way at the end may take longer than the process lives.</param>
    public SideThread(EventLoop loop, string name, bool waitsAtEnd = true)
    {
        _loop = loop;
        _waitsAtEnd = waitsAtEnd;
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="work"/> on this thread, then <paramref name="then"/> on the loop's.</summary>
    public void Run(Action work, Action then) => _queue.Add((work, then));

    /// <summary>Waits for the work that was given, or leaves it behind; what comes after it is no longer run.</summary>
    public void Dispose()
    {
        lock (_posting)
        {
            _disposed = true;
        }
        _queue.CompleteAdding();
        if (!_waitsAtEnd)
        {
            return;
        }
        _thread.Join();
        _queue.Dispose();
    }

    private void Run()
    {
        foreach (var (work, then) in _queue.GetConsumingEnumerable())
        {
            work();
            lock (_posting)
            {
                if (!_disposed)
                {
                    _loop.Post(then);
                }
            }
        }
    }
}
