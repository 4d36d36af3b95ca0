using System.Collections.Concurrent;

namespace NodeDns.Cache.Loop;

/// <summary>One thread beside a loop for calls that may wait: work runs in the order it was given, and the loop hears of
/// its end.</summary>
internal sealed class SideThread : IDisposable
{
    private readonly EventLoop _loop;
    private readonly BlockingCollection<(Action Work, Action Then)> _queue = [];
    private readonly Thread _thread;

    public SideThread(EventLoop loop, string name)
    {
        _loop = loop;
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="work"/> on this thread, then <paramref name="then"/> on the loop's.</summary>
    public void Run(Action work, Action then) => _queue.Add((work, then));

    /// <summary>Waits for the work that was given; what comes after it is no longer run.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _queue.Dispose();
    }

    private void Run()
    {
        foreach (var (work, then) in _queue.GetConsumingEnumerable())
        {
            work();
            _loop.Post(then);
        }
    }
}
