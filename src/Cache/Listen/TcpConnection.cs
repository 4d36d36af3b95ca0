using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using NodeDns.Cache.Query;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Listen;

/// <summary>One client's TCP connection (RFC 7766): messages behind two octets of length, several under way at once,
/// replies in the order in which they are ready.</summary>
/// <remarks>Pooled. Buffers are held only while they hold something. Its timer is the earliest of: a message that has
/// begun must be complete, a reply must leave, an idle connection ends.</remarks>
internal sealed class TcpConnection(TcpConnections owner) : LoopTimer, IEventHandler, IReplySink, ITurnEnd
{
    /// <summary>Queries of one connection under way at once; beyond, it is not read until half have been answered.</summary>
    private const int MaxInFlight = 128;

    private const int FrameHeader = 2;
    private const int SmallBuffer = 4096;

    /// <summary>Unsent octets beyond which the client is not read: it must take its replies.</summary>
    private const int MaxUnsent = 256 * 1024;

    private TcpListener _listener = null!;
    private SocketAddress _client;
    private int _fd = -1;
    private int _limitSlot;
    private long _generation;
    private byte[]? _in;
    private int _inStart;
    private int _inEnd;
    private byte[]? _out;
    private int _outStart;
    private int _outEnd;
    private int _inFlight;
    private int _answered;
    private uint _watched;
    private bool _closing;
    private bool _flushAsked;
    private long _lastActiveMs;
    private long _partialSinceMs;
    private long _unsentSinceMs;

    public TcpConnection? Older { get; set; }

    public TcpConnection? Newer { get; set; }

    public bool IsIdle => _inFlight == 0 && _outStart == _outEnd;

    private TcpLimits Limits => _listener.Server?.Tcp ?? TcpLimits.Default;

    private long NowMs => owner.Loop.NowMs;

    public void Open(int fd, in SocketAddress client, TcpListener listener, int limitSlot)
    {
        _fd = fd;
        _client = client;
        _listener = listener;
        _limitSlot = limitSlot;
        _generation++;
        _inStart = _inEnd = _outStart = _outEnd = _inFlight = _answered = 0;
        _closing = false;
        _lastActiveMs = NowMs;
        _partialSinceMs = _unsentSinceMs = long.MaxValue;
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
        Return(ref _in);
        Return(ref _out);
        owner.Closed(this, _limitSlot);
    }

    private void Read()
    {
        _in ??= ArrayPool<byte>.Shared.Rent(SmallBuffer);
        if (_inEnd == _in.Length)
        {
            // Whole messages that had to wait; reading into no room would look like the client's end.
            HandleFrames();
            return;
        }
        var count = Libc.Receive(_fd, _in.AsSpan(_inEnd));
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
        _inEnd += count.Value;
        _lastActiveMs = NowMs;
        owner.Touch(this);
        owner.Handler.ReceivedTicks = Stopwatch.GetTimestamp();
        HandleFrames();
    }

    private void HandleFrames()
    {
        while (_fd >= 0 && !_closing && _inFlight < MaxInFlight && _outEnd - _outStart < MaxUnsent)
        {
            ReadOnlySpan<byte> left = _in.AsSpan(_inStart, _inEnd - _inStart);
            if (left.Length < FrameHeader)
            {
                break;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(left);
            if (left.Length < FrameHeader + length)
            {
                break;
            }

            _inStart += FrameHeader + length;
            HandleMessage(left.Slice(FrameHeader, length));
        }
        if (_fd < 0)
        {
            return;
        }

        KeepPartial();
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

    /// <summary>Moves what is left of the input to a buffer that holds the whole of the message begun, or lets the buffer
    /// go.</summary>
    private void KeepPartial()
    {
        var left = _inEnd - _inStart;
        if (left == 0)
        {
            Return(ref _in);
            _inStart = _inEnd = 0;
            _partialSinceMs = long.MaxValue;
            return;
        }
        if (_inStart > 0 || _partialSinceMs == long.MaxValue)
        {
            _partialSinceMs = NowMs;
        }

        var wanted = left < FrameHeader
            ? SmallBuffer
            : FrameHeader + BinaryPrimitives.ReadUInt16BigEndian(_in.AsSpan(_inStart));
        if (wanted > _in!.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(wanted);
            _in.AsSpan(_inStart, left).CopyTo(larger);
            Return(ref _in);
            _in = larger;
        }
        else if (_inStart > 0)
        {
            _in.AsSpan(_inStart, left).CopyTo(_in);
        }

        _inStart = 0;
        _inEnd = left;
    }

    private void Queue(ReadOnlySpan<byte> message)
    {
        var needed = FrameHeader + message.Length;
        if (_out is null || _out.Length - _outEnd < needed)
        {
            GrowOut(needed);
        }

        BinaryPrimitives.WriteUInt16BigEndian(_out.AsSpan(_outEnd), (ushort)message.Length);
        message.CopyTo(_out.AsSpan(_outEnd + FrameHeader));
        _outEnd += needed;
        if (_flushAsked)
        {
            return;
        }

        _flushAsked = true;
        owner.Loop.AtTurnEnd(this);
    }

    private void GrowOut(int needed)
    {
        var unsent = _outEnd - _outStart;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(SmallBuffer, 2 * unsent + needed));
        _out.AsSpan(_outStart, unsent).CopyTo(larger);
        Return(ref _out);
        _out = larger;
        _outStart = 0;
        _outEnd = unsent;
    }

    private void Flush()
    {
        var hadStopped = _unsentSinceMs != long.MaxValue || _outEnd - _outStart >= MaxUnsent;
        while (_outStart < _outEnd)
        {
            var sent = Libc.Send(_fd, _out.AsSpan(_outStart, _outEnd - _outStart));
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
            _outStart += sent.Value;
            _lastActiveMs = NowMs;
            if (_unsentSinceMs != long.MaxValue)
            {
                _unsentSinceMs = NowMs;
            }
        }
        Return(ref _out);
        _outStart = _outEnd = 0;
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
        if (_inEnd > _inStart)
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
        if (!_closing && _inFlight < MaxInFlight && _outEnd - _outStart < MaxUnsent)
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
        if (_partialSinceMs != long.MaxValue && (_watched & Libc.EPOLLIN) != 0)
        {
            deadline = Math.Min(deadline, _partialSinceMs + limits.ReadMs);
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

    private static void Return(ref byte[]? buffer)
    {
        if (buffer is null)
        {
            return;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        buffer = null;
    }
}
