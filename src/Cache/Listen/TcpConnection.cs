using System.Diagnostics;
using NodeDns.Cache.Query;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Listen;

/// <summary>One client's TCP connection (RFC 7766). Each message follows its length in two octets. Several queries may
/// be pending, and replies are sent in the order in which they are ready.</summary>
/// <remarks>Pooled. Its timer is armed for the earliest deadline: for the rest of an incomplete message, for the client
/// to take a reply, or for the end of an idle connection.</remarks>
internal sealed class TcpConnection(TcpConnections owner) : LoopTimer, IEventHandler, IReplySink, ITurnEnd
{
    /// <summary>The most pending queries of a connection. When they are reached, the connection is not read until half
    /// of them have been answered.</summary>
    private const int MaxInFlight = 128;

    /// <summary>When a client has this many unsent octets, its connection is not read until it takes replies.</summary>
    private const int MaxUnsent = 256 * 1024;

    private TcpListener _listener = null!;
    private SocketAddress _client;
    private int _fd = -1;
    private int _limitSlot;

    /// <summary>Another number at each opening and each closing, so that a reply for an earlier client, or for one that has
    /// left, is not sent.</summary>
    private long _generation;
    private FrameInput _in;
    private FrameOutput _out;
    private int _inFlight;
    private int _answered;
    private uint _watched;
    private bool _closing;
    private bool _flushAsked;
    private long _lastActiveMs;
    private long _unsentSinceMs;

    public TcpConnection? Older { get; set; }

    public TcpConnection? Newer { get; set; }

    public bool IsIdle => _inFlight == 0 && _out.IsEmpty;

    /// <summary>True when more queries may be read. False when the client first has to take replies, or has sent all
    /// the queries it may.</summary>
    private bool MayRead => !_closing && _inFlight < MaxInFlight && _out.Length < MaxUnsent;

    private TcpLimits Limits => _listener.Server?.Tcp ?? TcpLimits.Default;

    private long NowMs => owner.Loop.NowMs;

    public void Open(int fd, in SocketAddress client, TcpListener listener, int limitSlot)
    {
        _fd = fd;
        _client = client;
        _listener = listener;
        _limitSlot = limitSlot;
        _generation++;
        _in.Begin();
        _inFlight = _answered = 0;
        _closing = false;
        _lastActiveMs = NowMs;
        _unsentSinceMs = long.MaxValue;
        _watched = Libc.EPOLLIN;
        Libc.SetSocketOption(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        owner.Loop.Add(fd, _watched, this);
        ArmTimer();
    }

    public void OnEvents(uint events)
    {
        if ((events & (Libc.EPOLLERR | Libc.EPOLLHUP)) != 0)
        {
            Close();
            return;
        }
        if ((events & Libc.EPOLLOUT) != 0)
        {
            Flush();
        }
        if (_fd >= 0 && (events & Libc.EPOLLIN) != 0)
        {
            Read();
        }
    }

    public void Reply(in ReplyTo to, ReadOnlySpan<byte> message)
    {
        if (to.Cookie != _generation)
        {
            return;
        }
        Queue(message);
        _inFlight--;
        if (_inFlight == MaxInFlight / 2)
        {
            HandleFrames();
        }
    }

    public void Forget(in ReplyTo to)
    {
        if (to.Cookie != _generation)
        {
            return;
        }
        _inFlight--;
        if (_closing && IsIdle)
        {
            Close();
        }
        else if (_inFlight == MaxInFlight / 2)
        {
            HandleFrames();
        }
        else
        {
            ArmTimer();
        }
    }

    public void OnTurnEnd()
    {
        _flushAsked = false;
        if (_fd >= 0)
        {
            Flush();
        }
    }

    public override void OnTimer()
    {
        if (DeadlineMs() <= NowMs)
        {
            Close();
        }
        else
        {
            ArmTimer();
        }
    }

    /// <summary>Called when the idle time has changed.</summary>
    public void IdleChanged() => ArmTimer();

    /// <summary>Stops reading, and closes the connection once every reply has been sent.</summary>
    public void FinishAndClose()
    {
        _closing = true;
        if (IsIdle)
        {
            Close();
        }
        else
        {
            Watch();
        }
    }

    public void Close()
    {
        if (_fd < 0)
        {
            return;
        }
        owner.Loop.Cancel(this);
        owner.Loop.Remove(_fd);
        Libc.Close(_fd);
        _fd = -1;
        _generation++;
        _in.LetGo();
        _out.LetGo();
        owner.Closed(this, _limitSlot);
    }

    private void Read()
    {
        var room = _in.Room();
        if (room.IsEmpty)
        {
            // The buffer is full of complete messages that had to wait. Handle those first: reading into a full buffer
            // would return 0, like the client's end-of-file.
            HandleFrames();
            return;
        }
        var count = Libc.Receive(_fd, room);
        if (count.WouldBlock)
        {
            return;
        }
        if (count.IsError)
        {
            Close();
            return;
        }
        if (count.Value == 0)
        {
            FinishAndClose();
            return;
        }
        _in.Received(count.Value);
        _lastActiveMs = NowMs;
        owner.Touch(this);
        owner.Handler.ReceivedTicks = Stopwatch.GetTimestamp();
        HandleFrames();
    }

    /// <summary>Handles what has been read, as far as the client may ask now, and reads on when it may ask more.</summary>
    private void HandleFrames()
    {
        while (_fd >= 0 && MayRead && _in.TryTake(out var message))
        {
            HandleMessage(message);
        }
        if (_fd < 0)
        {
            return;
        }
        _in.KeepPartial(NowMs);
        Watch();
        ArmTimer();
    }

    private void HandleMessage(ReadOnlySpan<byte> message)
    {
        if (_listener.Server is not { } server)
        {
            FinishAndClose();
            return;
        }
        var to = new ReplyTo(this, _generation, _client, isTcp: true);
        _inFlight++;
        var outcome = owner.Handler.Handle(server, message, to, owner.Scratch);
        if (!outcome.IsPending)
        {
            _inFlight--;
        }
        if (outcome.IsReply)
        {
            Queue(owner.Scratch.AsSpan(0, outcome.Length));
        }
        if (server.Tcp.MaxQueries > 0 && ++_answered >= server.Tcp.MaxQueries)
        {
            _closing = true;
        }
    }

    private void Queue(ReadOnlySpan<byte> message)
    {
        _out.Add(message);
        if (_flushAsked)
        {
            return;
        }
        _flushAsked = true;
        owner.Loop.AtTurnEnd(this);
    }

    private void Flush()
    {
        while (!_out.IsEmpty)
        {
            var sent = Libc.Send(_fd, _out.Unsent);
            if (sent.WouldBlock)
            {
                if (_unsentSinceMs == long.MaxValue)
                {
                    _unsentSinceMs = NowMs;
                }
                // What is left may be little enough for the client to ask on. Reading comes after its waiting queries,
                // because it may find the end of the stream.
                HandleFrames();
                return;
            }
            if (sent.IsError)
            {
                Close();
                return;
            }
            _out.Sent(sent.Value);
            _lastActiveMs = NowMs;
            if (_unsentSinceMs != long.MaxValue)
            {
                _unsentSinceMs = NowMs;
            }
        }
        _out.LetGo();
        _unsentSinceMs = long.MaxValue;
        if (_closing && _inFlight == 0)
        {
            Close();
            return;
        }
        HandleFrames();
    }

    private void Watch()
    {
        uint wanted = 0;
        if (MayRead)
        {
            wanted |= Libc.EPOLLIN;
        }
        if (_unsentSinceMs != long.MaxValue)
        {
            wanted |= Libc.EPOLLOUT;
        }
        if (wanted == _watched)
        {
            return;
        }
        _watched = wanted;
        owner.Loop.Modify(_fd, wanted);
    }

    private long DeadlineMs()
    {
        var limits = Limits;
        var idleMs = owner.IsDraining ? TcpConnections.DrainIdleMs : limits.IdleMs;
        var deadline = IsIdle ? _lastActiveMs + idleMs : long.MaxValue;
        // If we have stopped reading, the client is not late with its message.
        if (_in.PartialSinceMs != long.MaxValue && (_watched & Libc.EPOLLIN) != 0)
        {
            deadline = Math.Min(deadline, _in.PartialSinceMs + limits.ReadMs);
        }
        if (_unsentSinceMs != long.MaxValue)
        {
            deadline = Math.Min(deadline, _unsentSinceMs + limits.WriteMs);
        }
        return deadline;
    }

    /// <summary>Arms the timer for the earliest deadline. If it fires too early, it is armed again.</summary>
    private void ArmTimer()
    {
        var deadline = DeadlineMs();
        if (deadline == long.MaxValue || IsArmed && DueMs <= deadline)
        {
            return;
        }
        owner.Loop.Arm(this, Math.Max(deadline - NowMs, 0));
    }
}
