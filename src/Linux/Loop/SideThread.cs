using System.Collections.Concurrent;

namespace NodeDns.Linux.Loop;

/// <summary>A thread beside a loop for calls that may block. Runs work in the order given, and tells the loop when each
/// piece is done.</summary>
public sealed class SideThread : IDisposable
{
    private readonly EventLoop _loop;
    private readonly BlockingCollection<(Action Work, Action Then)> _queue = [];
    private readonly Thread _thread;
    private readonly bool _waitsAtEnd;
    private readonly Lock _posting = new();

    // Guarded by the lock above. The owner closes the loop's descriptors after it has disposed of this, so nothing may
    // be posted then.
    private bool _disposed;

    /// <param name="waitsAtEnd">If false, Dispose does not wait for the work that is running, which may take longer
    /// than the process lives.</param>
    public SideThread(EventLoop loop, string name, bool waitsAtEnd = true)
    {
        _loop = loop;
        _waitsAtEnd = waitsAtEnd;
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="work"/> on this thread, then <paramref name="then"/> on the loop's
    /// thread.</summary>
    public void Run(Action work, Action then) => _queue.Add((work, then));

    /// <summary>Accepts no more work. Waits for the work already given, unless the constructor was told not to.
    /// <c>then</c> callbacks no longer run.</summary>
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
