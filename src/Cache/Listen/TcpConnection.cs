using System.Diagnostics;
using NodeDns.Cache.Query;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Listen;

/// <summary>One client's TCP connection (RFC 7766): messages behind two octets of length, several under way at once,
/// replies in the order in which they are ready.</summary>
/// <remarks>Pooled. Its timer is the earliest of: a message that has
/// begun must be complete, a reply must leave, an idle connection ends.</remarks>
internal sealed class TcpConnection(TcpConnections owner) : LoopTimer, IEventHandler, IReplySink, ITurnEnd
{
    /// <summary>Queries of one connection under way at once; beyond, it is not read until half have been answered.</summary>
    private const int MaxInFlight = 128;

    /// <summary>Unsent octets beyond which the client is not read: it must take its replies.</summary>
    private const int MaxUnsent = 256 * 1024;

    private TcpListener _listener = null!;
    private SocketAddress _client;
    private int _fd = -1;
    private int _limitSlot;
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

    /// <summary>Whether it may ask more: else it must take replies first, or has asked all it may.</summary>
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
        if (to.Cookie != _generation || _fd < 0)
        {
            return;
        }
        Queue(message);
        _inFlight--;
        if (_inFlight == MaxInFlight / 2)
        {
            ResumeReading();
        }
    }

    public void Forget(in ReplyTo to)
    {
        if (to.Cookie != _generation || _fd < 0)
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
            ResumeReading();
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

    /// <summary>How long it may be idle has changed.</summary>
    public void IdleChanged() => ArmTimer();

    /// <summary>Reads no more, and closes once every reply has left.</summary>
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
            // Whole messages that had to wait; reading into no room would look like the client's end.
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
        var hadStopped = _unsentSinceMs != long.MaxValue || _out.Length >= MaxUnsent;
        while (!_out.IsEmpty)
        {
            var sent = Libc.Send(_fd, _out.Unsent);
            if (sent.WouldBlock)
            {
                if (_unsentSinceMs == long.MaxValue)
                {
                    _unsentSinceMs = NowMs;
                }
                Watch();
                ArmTimer();
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
        if (hadStopped)
        {
            ResumeReading();
        }
        else
        {
            ArmTimer();
        }
    }

    private void ResumeReading()
    {
        if (!_in.IsEmpty)
        {
            HandleFrames();
        }
        else
        {
            Watch();
        }
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
        // A client that we stopped reading is not late with its message.
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

    /// <summary>Arms for the earliest deadline; a timer that fires too early only looks again.</summary>
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
