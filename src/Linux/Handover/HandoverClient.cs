using Microsoft.Win32.SafeHandles;
using NodeDns.Linux.Interop;
using NodeDns.Linux.KernelAnswers;
using NodeDns.Linux.Loop;
using NodeDns.Linux.Sockets;

namespace NodeDns.Linux.Handover;

/// <summary>The cache's side of the hand-over: receives the sockets, then keeps the guard informed.</summary>
/// <remarks>
/// 1. <see cref="Connect"/> blocks until a guard has given sockets. 2. <see cref="Start"/> starts a thread that sends
/// heartbeats; when a worker hangs, its number in the heartbeat no longer changes. 3. When the guard dies, the cache
/// goes on serving, and the thread connects to the next guard and offers it the sockets. Members may be called from any
/// thread.
/// </remarks>
public sealed class HandoverClient : IDisposable
{
    /// <summary>Time between two heartbeats: a quarter of the shortest sensible --hang-after.</summary>
    public const int HeartbeatMs = 50;

    /// <summary>Time between attempts to reach a guard. It adds to the time without a guard when one
    /// restarts.</summary>
    private const int ReconnectMs = 100;

    private readonly string _path;
    private HandoverHello _hello;
    private readonly List<ListenSocket> _held;
    private readonly EventLoop _loop = new();
    private readonly List<ListenSocket> _arriving = [];
    private readonly BeatTimer _beat;
    private readonly ReconnectTimer _reconnect;
    private int _connected;
    private int _openQueries;
    private HandoverChannel? _channel;
    private IHandoverControl? _control;
    private IReadOnlyList<EventLoop> _workers = [];
    private Thread? _thread;
    private bool _ready;
    private bool _isLeaving;

    private HandoverClient(string path, HandoverHello hello, int fd, List<ListenSocket> held)
    {
        _path = path;
        _hello = hello;
        _connected = fd;
        _held = held;
        _beat = new BeatTimer(this);
        _reconnect = new ReconnectTimer(this);
    }

    /// <summary>Connects to the guard and waits for its sockets without a time limit. A guard that is not started yet,
    /// or that holds back a crashing cache, answers when it is ready.</summary>
    /// <param name="waiting">Called once, with the reason, when the guard is not there yet.</param>
    /// <exception cref="HandoverRefusedException">The guard refused: it speaks another protocol version, or cannot open
    /// the endpoints.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was set.</exception>
    public static HandedSockets Connect(
        string path, HandoverHello hello, Action<string>? waiting = null, CancellationToken stop = default)
    {
        while (true)
        {
            var fd = HandoverChannel.Connect(path, blocking: false, out var problem);
            if (fd >= 0 && Exchange(path, hello, fd, stop) is { } handed)
            {
                return handed;
            }
            waiting?.Invoke($"waiting for a guard at {path}: {problem ?? "nobody there gives sockets yet"}");
            waiting = null;
            stop.WaitHandle.WaitOne(ReconnectMs);
            stop.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Starts to send heartbeats and to read the guard's messages.</summary>
    /// <param name="openQueries">Descriptor of the file of open queries; the caller keeps it.</param>
    public void Start(IHandoverControl control, IReadOnlyList<EventLoop> workers, int openQueries)
    {
        _control = control;
        _workers = workers;
        _openQueries = openQueries;
        if (_connected >= 0)
        {
            Open(_connected);
            SendOpenQueries();
        }
        else
        {
            _loop.Arm(_reconnect, 0);
        }
        _loop.Arm(_beat, 0);
        _thread = new Thread(_loop.Run) { IsBackground = true, Name = "handover" };
        _thread.Start();
    }

    /// <summary>Reports that the configuration is loaded and every socket is being read, so that the guard stops
    /// relaying.</summary>
    public void Ready() => _loop.Post(() =>
    {
        _ready = true;
        _channel?.Send(new HandoverMessage(HandoverKind.Ready));
    });

    /// <summary>Reports that this process is stopping on purpose, so that the guard at once relays what this process no
    /// longer reads.</summary>
    /// <returns>false when there is no guard, so that nobody reads what this process does not read.</returns>
    public bool Leaving()
    {
        using var isTold = new ManualResetEventSlim();
        var isHeld = true;
        _loop.Post(() =>
        {
            _isLeaving = true;
            // If a guard, which may have gone since, has told this cache to stop reading, another cache reads the
            // sockets.
            isHeld = !_ready || _channel is { IsOpen: true };
            _channel?.Send(new HandoverMessage(HandoverKind.Leaving));
            isTold.Set();
        });
        isTold.Wait();
        return isHeld;
    }

    /// <summary>Answers <see cref="IHandoverControl.Drain"/>: everything that was read is finished.</summary>
    public void Drained() => _loop.Post(() => _channel?.Send(new HandoverMessage(HandoverKind.Drained)));

    /// <summary>Tells the guard all endpoints that a changed Corefile serves. New sockets arrive through
    /// <see cref="IHandoverControl.Add"/>. If there is no guard now, the next one is told.</summary>
    public void Want(IReadOnlyList<ListenEndPoint> endPoints) => _loop.Post(() =>
    {
        _hello = _hello with { EndPoints = endPoints };
        _channel?.Send(endPoints.Aggregate(
            new HandoverMessage(HandoverKind.Want), (m, endPoint) => m.With(HandoverTag.EndPoint, endPoint.ToString())));
    });

    /// <summary>Ends the thread and closes the connection. The sockets stay open.</summary>
    public void Dispose()
    {
        _loop.Stop();
        _thread?.Join();
        if (_channel is not null)
        {
            _channel.Close();
        }
        else if (_connected >= 0)
        {
            Libc.Close(_connected);
        }
        _loop.Dispose();
    }

    /// <summary>Says hello and reads messages until all sockets have arrived; null when the guard went away
    /// first.</summary>
    private static HandedSockets? Exchange(string path, HandoverHello hello, int fd, CancellationToken stop)
    {
        HandedSockets? handed = null;
        string? refused = null;
        var gone = false;
        var sockets = new List<ListenSocket>();
        Stream? entries = null;
        using (var loop = new EventLoop())
        using (stop.Register(loop.Stop))
        {
            var channel = new HandoverChannel(loop, fd, OnMessage, () => { gone = true; fd = -1; });
            channel.Send(hello.ToMessage(0));
            while (handed is null && refused is null && !gone && !stop.IsCancellationRequested)
            {
                loop.RunTurn(-1);
            }
            channel.Release();
        }
        if (handed is not null)
        {
            if (gone)
            {
                // The guard sent the sockets and then went away. The channel has already closed the descriptor.
                handed.Client._connected = -1;
            }
            return handed;
        }
        ListenSockets.Close(sockets);
        entries?.Dispose();
        if (fd >= 0)
        {
            Libc.Close(fd);
        }
        stop.ThrowIfCancellationRequested();
        return refused is null ? null : throw new HandoverRefusedException(refused);

        void OnMessage(HandoverMessage message)
        {
            switch (message.Kind)
            {
                case HandoverKind.Refused:
                    refused = message.Text(HandoverTag.Reason) ?? "no reason given";
                    break;
                case HandoverKind.Entries when message.Descriptors is [var file]:
                    entries = OpenEntries(file);
                    return;
                case HandoverKind.Sockets when message.Sockets() is { } part:
                    sockets.AddRange(part);
                    if (message.Number(HandoverTag.More) == 0)
                    {
                        handed = new HandedSockets(sockets, entries, new HandoverClient(path, hello, fd, sockets));
                    }
                    return;
            }
            HandoverChannel.CloseAll(message.Descriptors);
        }
    }

    private static FileStream OpenEntries(int memoryFile)
    {
        var stream = new FileStream(new SafeFileHandle(memoryFile, ownsHandle: true), FileAccess.ReadWrite, 1);
        stream.Position = 0;
        return stream;
    }

    private void Open(int fd)
    {
        _connected = -1;
        _channel = new HandoverChannel(_loop, fd, OnMessage, OnGuardGone);
    }

    private void OnGuardGone()
    {
        if (!_isLeaving)
        {
            _loop.Arm(_reconnect, ReconnectMs);
        }
        else if (_ready)
        {
            _control!.LeftAlone();
        }
    }

    private void OnMessage(HandoverMessage message)
    {
        switch (message.Kind)
        {
            case HandoverKind.Drain:
                _ready = false;
                _control!.Drain();
                break;
            case HandoverKind.Resume:
                _ready = true;
                _control!.Resume();
                _channel!.Send(new HandoverMessage(HandoverKind.Ready));
                break;
            case HandoverKind.Export:
                // Export on another thread, because heartbeats have to go on.
                new Thread(ExportEntries) { IsBackground = true, Name = "export" }.Start();
                break;
            case HandoverKind.AnswerSlots when message.Descriptors is [var memory]
                && message.Number(HandoverTag.Layout) == AnswerSlots.Layout && AnswerSlots.Map(memory) is { } slots:
                _control!.UseAnswerSlots(slots, [.. message.EndPoints().Select(listen => listen.EndPoint)]);
                break;
            case HandoverKind.AskOffer:
                _channel!.SendSockets(HandoverKind.Offer, _held);
                if (_ready)
                {
                    _channel!.Send(new HandoverMessage(HandoverKind.Ready));
                }
                break;
            case HandoverKind.Sockets when message.Sockets() is { } part:
                _arriving.AddRange(part);
                if (message.Number(HandoverTag.More) == 0)
                {
                    var added = _arriving.ToArray();
                    _arriving.Clear();
                    _held.AddRange(added);
                    _control!.Add(added);
                    if (_ready)
                    {
                        _channel!.Send(new HandoverMessage(HandoverKind.Ready));
                    }
                }
                return;
        }
        HandoverChannel.CloseAll(message.Descriptors);
    }

    private void ExportEntries()
    {
        var created = Libc.MemoryFile("node-dns-cache entries");
        if (created.IsError)
        {
            return;
        }
        var stream = OpenEntries(created.Value);
        _control!.ExportEntries(stream);
        stream.Flush();
        _loop.Post(() =>
        {
            var message = new HandoverMessage(HandoverKind.Entries);
            message.Descriptors.Add(created.Value);
            _channel!.Send(message);
            stream.Dispose();
        });
    }

    private void Beat()
    {
        _loop.Arm(_beat, HeartbeatMs);
        if (_channel is not { IsOpen: true })
        {
            return;
        }
        var message = new HandoverMessage(HandoverKind.Heartbeat);
        foreach (var worker in _workers)
        {
            message.With(HandoverTag.Turns, (ulong)worker.Turns);
            // An idle loop does not turn by itself, so wake it: its turns would stand still and it would seem to hang.
            worker.Post(static () => { });
        }
        _channel.Send(message);
    }

    private void Reconnect()
    {
        if (_isLeaving)
        {
            return;
        }
        var fd = HandoverChannel.Connect(_path, blocking: false, out _);
        if (fd < 0)
        {
            _loop.Arm(_reconnect, ReconnectMs);
            return;
        }
        Open(fd);
        _channel!.Send(_hello.ToMessage(_held.Count));
        SendOpenQueries();
    }

    private void SendOpenQueries()
    {
        var message = new HandoverMessage(HandoverKind.OpenQueries);
        message.Descriptors.Add(_openQueries);
        _channel!.Send(message);
    }

    private sealed class BeatTimer(HandoverClient client) : LoopTimer
    {
        public override void OnTimer() => client.Beat();
    }

    private sealed class ReconnectTimer(HandoverClient client) : LoopTimer
    {
        public override void OnTimer() => client.Reconnect();
    }
}
