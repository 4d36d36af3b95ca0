using System.Buffers;
using System.Buffers.Binary;
using NodeDns.Linux.Loop;

namespace NodeDns.Cache.Upstream;

/// <summary>A connection that carries many queries at once. They may be answered in any order (RFC 7766 section
/// 6.2.1.1).</summary>
/// <remarks>
/// This class does framing, ids and lifetime; the transport is <see cref="TcpConnection"/> or <see cref="TlsConnection"/>.
/// Each message is preceded by its length in two octets, big-endian. All queries submitted in one turn of the loop are
/// written together at its end. The timer fires at the earliest time at which something could be due, and then checks.
/// </remarks>
internal abstract class StreamConnection : LoopTimer, ITurnEnd
{
    /// <summary>When to give up connecting. The exchange has asked another server long before that (400 ms), so this
    /// only frees the socket.</summary>
    private const long ConnectTimeoutMs = 2000;

    private readonly PipelineTable _pipeline = new();
    private readonly long _createdMs;
    private readonly long _agedAtMs;
    private byte[] _out = [];
    private byte[] _partial = [];
    private int _outLength;
    private int _partialLength;
    private long _lastProgressMs;
    private bool _flushAsked;
    private bool _answeredOnce;

    protected StreamConnection(ConnectionPool pool)
    {
        Pool = pool;
        _createdMs = LastUsedMs = _lastProgressMs = Loop.NowMs;
        // Each connection gets up to a tenth less than max_age, so that those opened together do not all close
        // together.
        var maxAgeMs = (long)Forwarder.Options.EffectiveMaxAge.TotalMilliseconds;
        _agedAtMs = maxAgeMs == 0
            ? long.MaxValue
            : _createdMs + maxAgeMs - Forwarder.Random.Next() * (maxAgeMs / 10) / ushort.MaxValue;
        Loop.Arm(this, ConnectTimeoutMs);
    }

    /// <summary>Queries that were sent here and not answered here, including those that were answered
    /// elsewhere.</summary>
    public int Unanswered => _pipeline.Count;

    public long LastUsedMs { get; private set; }

    protected ConnectionPool Pool { get; }

    protected Forwarder Forwarder => Pool.Forwarder;

    protected EventLoop Loop => Pool.Forwarder.Loop;

    public bool IsConnected { get; private set; }

    protected bool IsClosed { get; private set; }

    /// <summary>The octets that wait to be written.</summary>
    protected ReadOnlySpan<byte> Pending => _out.AsSpan(0, _outLength);

    public bool TakesQueries(long nowMs) => !IsClosed && nowMs < _agedAtMs;

    /// <summary>True when there are unanswered queries and no reply for some time, so that another query would have to
    /// wait too.</summary>
    public bool IsStalled(long nowMs, long stallMs) => nowMs - _lastProgressMs > stallMs;

    /// <summary>Queues a query, which is sent at the end of the turn.</summary>
    /// <returns>The query's id on this connection.</returns>
    public ushort Submit(Exchange exchange, int attempt, ReadOnlySpan<byte> query)
    {
        ushort id;
        do
        {
            id = Forwarder.Random.Next();
        }
        while (_pipeline.Contains(id));
        if (_pipeline.Count == 0)
        {
            _lastProgressMs = Loop.NowMs;
        }
        LastUsedMs = Loop.NowMs;
        _pipeline.Add(id, exchange, attempt);
        Reserve(ref _out, _outLength, 2 + query.Length);
        var frame = _out.AsSpan(_outLength, 2 + query.Length);
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)query.Length);
        query.CopyTo(frame[2..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[2..], id);
        _outLength += frame.Length;
        AskFlush();
        return id;
    }

    /// <summary>Records that nobody waits for this id any more.</summary>
    public void Forget(ushort id)
    {
        if (!IsClosed)
        {
            _pipeline.Orphan(id);
        }
    }

    public void OnTurnEnd()
    {
        _flushAsked = false;
        if (IsConnected && !IsClosed && _outLength > 0)
        {
            Flush();
        }
    }

    public override void OnTimer()
    {
        var nowMs = Loop.NowMs;
        if (!IsConnected && nowMs - _createdMs >= ConnectTimeoutMs)
        {
            Pool.Server.Path.TcpSilent(nowMs);
            Break(UpstreamError.Timeout);
        }
        else if (nowMs >= LimitMs || (_pipeline.Live == 0 && nowMs >= _agedAtMs))
        {
            Break(UpstreamError.Timeout);
        }
        else
        {
            ArmTimer(nowMs);
        }
    }

    /// <summary>Closes the connection without counting a failure. Unanswered queries are sent again
    /// elsewhere.</summary>
    public void CloseQuietly() => Break(UpstreamError.Closed);

    /// <summary>Writes as much of <see cref="Pending"/> as possible, and calls <see cref="Written"/>.</summary>
    protected abstract void Flush();

    protected abstract void CloseTransport();

    protected void Connected()
    {
        IsConnected = true;
        _lastProgressMs = Loop.NowMs;
        ArmTimer(Loop.NowMs);
        if (_outLength > 0)
        {
            Flush();
        }
    }

    protected void Written(int octets)
    {
        _outLength -= octets;
        if (_outLength > 0)
        {
            _out.AsSpan(octets, _outLength).CopyTo(_out);
        }
        else
        {
            Return(ref _out);
        }
    }

    /// <summary>Copies the received part of an incomplete message to the start of the receive buffer.</summary>
    /// <returns>Its length, which is the offset to receive at.</returns>
    protected int StartReceive(byte[] buffer)
    {
        _partial.AsSpan(0, _partialLength).CopyTo(buffer);
        return _partialLength;
    }

    /// <summary>Handles <paramref name="length"/> octets, which begin with the start of a message.</summary>
    protected void Received(byte[] buffer, int length)
    {
        var at = 0;
        while (length - at >= 2)
        {
            var size = BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(at));
            if (length - at - 2 < size)
            {
                break;
            }
            Deliver(buffer.AsSpan(at + 2, size));
            if (IsClosed)
            {
                return;
            }
            at += 2 + size;
        }
        Keep(buffer.AsSpan(at, length - at));
        if (_pipeline.Count == 0)
        {
            LastUsedMs = Loop.NowMs;
            if (DueMs > LastUsedMs + ExpireMs)
            {
                ArmTimer(LastUsedMs);
            }
            Pool.BecameIdle(this);
        }
    }

    /// <summary>Ends the connection. Exchanges that wait on it are told, and send their queries elsewhere.</summary>
    protected void Break(UpstreamError error)
    {
        if (IsClosed)
        {
            return;
        }
        IsClosed = true;
        Loop.Cancel(this);
        Pool.Remove(this);
        CloseTransport();
        Return(ref _out);
        Return(ref _partial);
        _outLength = _partialLength = 0;
        var resend = error == UpstreamError.Closed && _answeredOnce;
        for (var i = 0; i < _pipeline.Count; i++)
        {
            var (id, entry) = _pipeline[i];
            entry.Exchange?.ConnectionLost(entry.Attempt, this, id, resend, error);
        }
    }

    private long ExpireMs => (long)Forwarder.Options.Expire.TotalMilliseconds;

    private void Deliver(ReadOnlySpan<byte> message)
    {
        _answeredOnce = true;
        _lastProgressMs = Loop.NowMs;
        var index = message.Length < ReplyCheck.HeaderLength
            ? -1
            : _pipeline.IndexOf(BinaryPrimitives.ReadUInt16BigEndian(message));
        if (index < 0)
        {
            Forwarder.Group.CountMismatch(Forwarder.Counters);
            return;
        }
        var (id, entry) = _pipeline[index];
        if (entry.Exchange is not { } exchange)
        {
            _pipeline.RemoveAt(index);
            return;
        }
        switch (ReplyCheck.Check(message, id, exchange.Query.Octets, exchange.Query.QuestionEnd))
        {
            case ReplyVerdict.Answer:
                _pipeline.RemoveAt(index);
                exchange.AttemptAnswered(entry.Attempt, message);
                break;
            case ReplyVerdict.HeaderOnly:
                _pipeline.RemoveAt(index);
                exchange.AttemptAnsweredHeaderOnly(entry.Attempt, message);
                break;
            default:
                // Nobody can forge this on a connection: the server has mixed up its answers.
                Forwarder.Group.CountMismatch(Forwarder.Counters);
                Break(UpstreamError.Malformed);
                break;
        }
    }

    private void AskFlush()
    {
        if (!_flushAsked)
        {
            _flushAsked = true;
            Loop.AtTurnEnd(this);
        }
    }

    /// <summary>When the connection has to be closed because it has been idle or unanswered for too long.</summary>
    private long LimitMs => _pipeline.Count == 0 && IsConnected
        ? Math.Min(LastUsedMs + ExpireMs, _agedAtMs)
        : _lastProgressMs + (long)Forwarder.Options.Deadline.TotalMilliseconds;

    private void ArmTimer(long nowMs)
    {
        var due = LimitMs;
        if (_agedAtMs > nowMs)
        {
            due = Math.Min(due, _agedAtMs);
        }
        Loop.Arm(this, Math.Max(1, due - nowMs));
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        if (rest.Length == 0)
        {
            _partialLength = 0;
            Return(ref _partial);
            return;
        }
        Reserve(ref _partial, 0, rest.Length);
        rest.CopyTo(_partial);
        _partialLength = rest.Length;
    }

    private static void Reserve(ref byte[] buffer, int used, int more)
    {
        if (buffer.Length - used >= more)
        {
            return;
        }
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(512, used + more));
        buffer.AsSpan(0, used).CopyTo(larger);
        Return(ref buffer);
        buffer = larger;
    }

    private static void Return(ref byte[] buffer)
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = [];
        }
    }
}
