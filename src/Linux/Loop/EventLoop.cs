using System.Collections.Concurrent;
using NodeDns.Linux.Interop;

namespace NodeDns.Linux.Loop;

/// <summary>One thread's epoll loop: descriptors, timers and a mailbox for other threads. The whole data path runs on
/// such loops.</summary>
/// <remarks>
/// Other threads may call only <see cref="Post"/> and <see cref="Stop"/>. Everything else belongs to the thread that is
/// in <see cref="Run"/>, and before that to the thread that builds the loop. One turn: wait, read the clock once, run
/// posted work, handle events, fire due timers, run turn-end work. A running loop allocates nothing.
/// </remarks>
public sealed unsafe class EventLoop : IDisposable
{
    private const int EventsPerTurn = 128;
    private const ulong WakeData = ulong.MaxValue;

    private readonly MonotonicClock _clock;
    private readonly int _epoll;
    private readonly int _wake;
    private readonly byte[] _events = GC.AllocateArray<byte>(EventsPerTurn * 16, pinned: true);
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly TimerHeap _timers = new();
    private readonly List<ITurnEnd> _turnEnds = [];
    private Registration[] _registrations = new Registration[256];
    private uint _generation;
    private volatile bool _stopping;
    private int _wakePending;
    private bool _runsTimers;
    private long _turns;

    private struct Registration
    {
        public IEventHandler? Handler;
        public uint Generation;
    }

    public EventLoop(MonotonicClock? clock = null)
    {
        _clock = clock ?? MonotonicClock.System;
        NowMs = _clock.NowMs;
        _epoll = Libc.EpollCreate().OrThrow("epoll_create1");
        _wake = Libc.EventFd().OrThrow("eventfd");
        Libc.EpollControl(_epoll, Libc.EPOLL_CTL_ADD, _wake, Libc.EPOLLIN, WakeData).OrThrow("epoll_ctl eventfd");
    }

    /// <summary>The monotonic clock as read at the start of this turn, in milliseconds.</summary>
    public long NowMs { get; private set; }

    /// <summary>How many turns there have been. A hung loop stops counting, which the heartbeat shows to the
    /// guard.</summary>
    public long Turns => Volatile.Read(ref _turns);

    /// <summary>Limits how often <see cref="Run"/> turns; null for no limit.</summary>
    public TurnPace? Pace { get; init; }

    /// <summary>When the next timer is due; long.MaxValue when none is armed.</summary>
    public long EarliestTimerMs => _timers.EarliestMs;

    /// <summary>Watches a descriptor. The caller keeps it and has to remove it before closing it.</summary>
    public void Add(int fd, uint events, IEventHandler handler)
    {
        if (fd >= _registrations.Length)
        {
            Array.Resize(ref _registrations, Math.Max(fd + 1, _registrations.Length * 2));
        }
        _registrations[fd] = new Registration { Handler = handler, Generation = ++_generation };
        Libc.EpollControl(_epoll, Libc.EPOLL_CTL_ADD, fd, events, Data(fd)).OrThrow($"epoll_ctl add fd {fd}");
    }

    /// <summary>Changes which events of a descriptor are watched.</summary>
    public void Modify(int fd, uint events) =>
        Libc.EpollControl(_epoll, Libc.EPOLL_CTL_MOD, fd, events, Data(fd)).OrThrow($"epoll_ctl mod fd {fd}");

    /// <summary>Stops watching a descriptor. Events that this turn has already collected for it are dropped.</summary>
    public void Remove(int fd)
    {
        if (fd >= _registrations.Length || _registrations[fd].Handler is null)
        {
            return;
        }
        _registrations[fd] = default;
        Libc.EpollControl(_epoll, Libc.EPOLL_CTL_DEL, fd, 0, 0);
    }

    /// <summary>Fires <paramref name="timer"/> once after <paramref name="delayMs"/>. An armed timer is moved. A timer
    /// that is armed from within a timer waits at least a millisecond; otherwise the turn might never end.</summary>
    public void Arm(LoopTimer timer, long delayMs)
    {
        Cancel(timer);
        timer.DueMs = NowMs + (_runsTimers ? Math.Max(1, delayMs) : delayMs);
        _timers.Add(timer);
    }

    /// <summary>Does nothing when the timer is not armed.</summary>
    public void Cancel(LoopTimer timer)
    {
        if (timer.IsArmed)
        {
            _timers.Remove(timer);
        }
    }

    /// <summary>Runs <paramref name="item"/> after this turn's events. The item must call this at most once a turn, and
    /// keeps its own flag for that.</summary>
    public void AtTurnEnd(ITurnEnd item) => _turnEnds.Add(item);

    /// <summary>Runs <paramref name="work"/> on the loop's thread. Any thread may call it.</summary>
    public void Post(Action work)
    {
        _posted.Enqueue(work);
        Wake();
    }

    /// <summary>Makes <see cref="Run"/> return after the current turn. Any thread may call it.</summary>
    public void Stop()
    {
        _stopping = true;
        Wake();
    }

    /// <summary>How long <see cref="Run"/> waits for events now; -1: without limit.</summary>
    public int TimeoutMs
    {
        get
        {
            if (_turnEnds.Count > 0)
            {
                // Asked for before the first turn.
                return 0;
            }
            var earliest = _timers.EarliestMs;
            return earliest == long.MaxValue ? -1 : (int)Math.Clamp(earliest - _clock.NowMs, 0, int.MaxValue);
        }
    }

    /// <summary>Turns until <see cref="Stop"/> is called.</summary>
    public void Run()
    {
        while (!_stopping)
        {
            Pace?.Wait();
            RunTurn(TimeoutMs);
        }
    }

    /// <summary>Does one turn and waits at most <paramref name="timeoutMs"/> for events (-1: without limit). Used by
    /// tests and for draining.</summary>
    public void RunTurn(int timeoutMs)
    {
        // SAFETY: _events has room for EventsPerTurn events of at most 16 octets each.
        fixed (byte* events = _events)
        {
            var ready = Libc.EpollWait(_epoll, events, EventsPerTurn, timeoutMs).OrThrow("epoll_wait");
            NowMs = _clock.NowMs;
            Volatile.Write(ref _turns, _turns + 1);
            for (var i = 0; i < ready; i++)
            {
                var (bits, data) = Libc.ReadEpollEvent(events, i);
                if (data == WakeData)
                {
                    RunPosted();
                    continue;
                }
                ref var registration = ref _registrations[(int)(uint)data];
                if (registration.Generation == (uint)(data >> 32))
                {
                    registration.Handler?.OnEvents(bits);
                }
            }
        }
        _runsTimers = true;
        while (_timers.TakeDue(NowMs) is { } timer)
        {
            timer.OnTimer();
        }
        _runsTimers = false;
        RunTurnEnds();
    }

    public void Dispose()
    {
        Libc.Close(_wake);
        Libc.Close(_epoll);
    }

    private void RunPosted()
    {
        // The order matters, and the exchange is a full fence: work posted after the flag is cleared signals again, and
        // work posted before is dequeued below.
        Libc.DrainEventFd(_wake);
        Interlocked.Exchange(ref _wakePending, 0);
        // Work that is posted meanwhile runs in the next turn, so that a loop that posts to itself still handles its
        // descriptors.
        for (var left = _posted.Count; left > 0 && _posted.TryDequeue(out var work); left--)
        {
            work();
        }
    }

    private void RunTurnEnds()
    {
        // An item may be added again while it runs. It then runs once more in this turn.
        for (var i = 0; i < _turnEnds.Count; i++)
        {
            _turnEnds[i].OnTurnEnd();
        }
        _turnEnds.Clear();
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _wakePending, 1) == 0)
        {
            Libc.SignalEventFd(_wake);
        }
    }

    private ulong Data(int fd) => (ulong)_registrations[fd].Generation << 32 | (uint)fd;
}
