using System.Diagnostics;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Upstream;

/// <summary>One query on its way: its bytes, the attempts that may still answer it, and what to try when.</summary>
/// <remarks>
/// A slow attempt is never given up for the next one: all stay open until one answers or the deadline passes. In time:
/// <code>
/// 0            send to the first server of the policy's order
/// 200 ms..2 s  (by its round-trip time; 400 ms where it is unknown) also ask another server, or this one again
/// + twice that also ask over TCP
/// 4.4 s        give up, with a held reply (truncated, or of a failover rcode) if there is one
/// </code>
/// An error (refused, closed, read_timeout) moves on at once; after every server has failed, the next round starts 200 ms later. TC
/// over UDP, and a complaint about EDNS, send again to the same server. What does not come through on the way to a server
/// is told to its <see cref="ServerPath"/>, which then shapes every send. One worker's; its <see cref="Forwarder"/> pools it.
/// </remarks>
internal sealed class Exchange(Forwarder forwarder) : LoopTimer
{
    /// <summary>Attempts that only the clock starts: the amplification towards slow upstreams is at most
    /// threefold.</summary>
    private const int TimedRetries = 2;

    /// <summary>Free sends after a connection that had worked was closed under the query.</summary>
    private const int ResendsMaximum = 3;

    /// <summary>What a truncated reply in hand waits for the whole one over TCP. The server knows the answer by now; a
    /// client that gets TC asks again over TCP and waits on its own account (RFC 7766 section 5).</summary>
    private const long TruncatedWaitMs = 1000;

    private readonly AttemptSet _attempts = new(forwarder);
    private readonly OutgoingQuery _query = new();
    private readonly HeldReply _held = new();
    private bool _withoutOpt;
    private bool _clientUsedTcp;
    private bool _needsTcp;
    private bool _entered;
    private IExchangeOwner? _owner;
    private UpstreamState? _only;
    private ServerOrder _order;
    private UpstreamProto _proto;
    private uint _tried;
    private int _started;
    private int _timedRetries;
    private int _resends;
    private int _failovers;
    private long _deadlineMs;
    private long _retryAtMs;

    // For a truncated reply in hand: when TC goes to the client unless a TCP connection has opened.
    private long _connectByMs;
    private UpstreamError _lastError;
    private TapUpstream _answeredBy;

    /// <summary>Links of the forwarder's list of exchanges under way.</summary>
    public Exchange? Next, Previous;

    public OutgoingQuery Query => _query;

    /// <summary>An open connection has not helped (or, for a probe, would prove little): through a Service a new one
    /// may reach another pod.</summary>
    public bool WantsFreshConnection => _only is not null || _timedRetries > 0;

    private long Now => forwarder.Loop.NowMs;

    private ForwardOptions Options => forwarder.Options;

    /// <summary>Takes the query and sends it; <paramref name="entered"/> says that it counts for
    /// max_concurrent.</summary>
    public void Begin(ReadOnlySpan<byte> query, bool clientUsedTcp, IExchangeOwner owner, bool entered)
    {
        Take(query, owner);
        _entered = entered;
        _clientUsedTcp = clientUsedTcp;
        _order = forwarder.Group.NextOrder(forwarder.Random);
        _proto = Options.ForceTcp || (clientUsedTcp && !Options.PreferUdp) ? UpstreamProto.Tcp : UpstreamProto.Udp;
        _deadlineMs = Now + (long)(forwarder.Group.IsKnownDead ? Options.DeadlineWhenDown : Options.Deadline)
            .TotalMilliseconds;
        _retryAtMs = _deadlineMs;
        if (_query.QuestionEnd == 0)
        {
            Fail(UpstreamError.Malformed);
            return;
        }
        StartNext(_proto);
    }

    /// <summary>A probe: one send to one server, no retry, any reply counts.</summary>
    public void BeginProbe(ReadOnlySpan<byte> query, UpstreamState server, IExchangeOwner owner)
    {
        Take(query, owner);
        _entered = false;
        _only = server;
        _proto = Options.ForceTcp ? UpstreamProto.Tcp : UpstreamProto.Udp;
        _deadlineMs = Now + (long)Options.HealthCheck.Timeout.TotalMilliseconds;
        _retryAtMs = _deadlineMs;
        if (Send(server, _proto))
        {
            ArmTimer();
        }
        else
        {
            Fail(_lastError);
        }
    }

    /// <summary>Never sent: reports <paramref name="error"/> at the end of the turn.</summary>
    public void Reject(IExchangeOwner owner, UpstreamError error)
    {
        _owner = owner;
        _entered = false;
        Fail(error);
    }

    /// <summary>A message with this attempt's id, and our question, arrived.</summary>
    public void AttemptAnswered(int index, ReadOnlySpan<byte> message)
    {
        var attempt = _attempts.Close(index);
        var server = attempt.Server!;
        forwarder.ServerAnswered(server);
        var rcode = ReplyCheck.Rcode(message, _query.QuestionEnd);
        var elapsed = Stopwatch.GetElapsedTime(attempt.SentTicks);
        _answeredBy = new TapUpstream(server.Address, (long)elapsed.TotalNanoseconds);
        if (_only is not null)
        {
            server.Rtt.AddAtLeast((long)elapsed.TotalMicroseconds);
            Finish(message);
            return;
        }
        server.Rtt.Add((long)elapsed.TotalMicroseconds);
        server.Metrics.Response(forwarder.Counters, rcode, (long)elapsed.TotalNanoseconds);

        var rejectsEdns = rcode is ReplyCheck.RcodeFormErr or ReplyCheck.RcodeNotImp or ReplyCheck.RcodeBadVers;
        Learn(attempt, message.Length, tookEdns: _query.HasOpt && !attempt.Plain && !rejectsEdns);
        if (rejectsEdns && _query.HasOpt && !attempt.Plain && !_withoutOpt)
        {
            _withoutOpt = true;
            _held.Set(message);
            SendOrMoveOn(server, attempt.Proto);
            return;
        }
        if (!rejectsEdns && attempt.Plain && _withoutOpt)
        {
            server.Path.RememberPlain(Now + ServerPath.PlainMs);
        }
        if (attempt.Proto == UpstreamProto.Udp && ReplyCheck.IsTruncated(message))
        {
            if (server.Path.IsTcpSilent(Now) && !_clientUsedTcp)
            {
                Finish(message);
                return;
            }
            _held.Set(message);
            _deadlineMs = Math.Min(_deadlineMs, Now + TruncatedWaitMs);
            _connectByMs = Now + Options.RetryAfterMs(server.Rtt);
            AskOverTcp(server);
            return;
        }
        if (Options.Failover.Contains(rcode) && _failovers + 1 < forwarder.Group.Servers.Length)
        {
            _failovers++;
            _held.Set(message);
            StartNext(_proto);
            return;
        }
        Finish(message);
    }

    /// <summary>The attempt cannot be answered any more, and its server is to blame.</summary>
    public void AttemptFailed(int index, UpstreamError error)
    {
        var server = _attempts.Close(index).Server!;
        _lastError = error;
        Blame(server);
        AfterError();
    }

    /// <summary>The attempt's connection is gone.</summary>
    /// <param name="resend">It had worked before: the peer closed it for being idle or old, which is nobody's
    /// fault.</param>
    public void ConnectionLost(int index, StreamConnection connection, ushort id, bool resend, UpstreamError error)
    {
        var attempt = _attempts[index];
        if (attempt.Connection != connection || attempt.Id != id)
        {
            return;
        }
        if (resend && _resends < ResendsMaximum)
        {
            _resends++;
            _attempts.Close(index);
            SendOrMoveOn(attempt.Server!, attempt.Proto);
            return;
        }
        AttemptFailed(index, error);
    }

    /// <summary>Too many wrong replies to this attempt: no more UDP for this query (RFC 5452 section 9.2).</summary>
    public void SuspectForgery(int index)
    {
        AskOverTcp(_attempts.Close(index).Server!);
    }

    /// <summary>The server drops OPT records, it has turned out.</summary>
    public void SendPlain(UpstreamState server)
    {
        if (_only is null && _query.HasOpt && _attempts.WithOptAt(server) is { } proto)
        {
            SendOrMoveOn(server, proto);
        }
    }

    public void AttemptAnsweredHeaderOnly(int index, ReadOnlySpan<byte> message) =>
        AttemptAnswered(index, _held.WithQuestion(message, _query.Octets[.._query.QuestionEnd]));

    public bool Uses(StreamConnection connection) => _attempts.Uses(connection);

    public override void OnTimer()
    {
        if (_only is null)
        {
            MarkOverdue();
        }
        if (Now >= _deadlineMs || (Now >= _connectByMs && !_attempts.AnyConnected))
        {
            FinishHeldOrFail(UpstreamError.Timeout);
            return;
        }
        if (Now >= _connectByMs)
        {
            _connectByMs = long.MaxValue;
            ArmTimer();
            return;
        }
        if (Options.ReadTimeout is { } wait && _attempts.OldestSentMs + (long)wait.TotalMilliseconds <= Now)
        {
            _attempts.CloseOldest();
            _lastError = UpstreamError.Timeout;
            AfterError();
            return;
        }
        if (_attempts.AnyOpen)
        {
            _timedRetries++;
        }
        StartNext(_timedRetries == TimedRetries ? UpstreamProto.Tcp : _proto);
    }

    /// <summary>Reports to the owner and gives the exchange back. Only for exchanges that <see cref="Fail"/> put
    /// off.</summary>
    public void ReportFailure()
    {
        var owner = _owner!;
        var error = _lastError;
        forwarder.Recycle(this);
        owner.OnFailure(error);
    }

    public void Fail(UpstreamError error)
    {
        Release();
        _lastError = error;
        forwarder.FailAtTurnEnd(this);
    }

    private void Take(ReadOnlySpan<byte> query, IExchangeOwner owner)
    {
        _owner = owner;
        _query.Set(query);
        _held.Clear();
        _withoutOpt = _needsTcp = false;
        _connectByMs = long.MaxValue;
        _started = _timedRetries = _resends = _failovers = 0;
        _tried = 0;
        _only = null;
        _lastError = UpstreamError.Timeout;
    }

    private void StartNext(UpstreamProto proto)
    {
        if (_started >= Options.EffectiveAttempts)
        {
            WaitOrGiveUp();
            return;
        }
        var server = forwarder.Group.Choose(_order, _tried, Now, forwarder.Random, forwarder.Counters);
        if (server is null)
        {
            FinishHeldOrFail(UpstreamError.NoHealthyUpstream);
            return;
        }
        _tried |= 1u << server.Index;
        _started++;
        if (proto == UpstreamProto.Udp && server.Path.IsUdpDoubted(Now))
        {
            _attempts.TrySend(this, server, UpstreamProto.Tcp, IsPlain(server), ushort.MaxValue, out _);
        }
        SendOrMoveOn(server, proto);
    }

    /// <summary>UDP will not do for this query any more.</summary>
    private void AskOverTcp(UpstreamState server)
    {
        _needsTcp = true;
        _proto = UpstreamProto.Tcp;
        SendOrMoveOn(server, UpstreamProto.Tcp);
    }

    /// <summary>Alone, without <see cref="StartNext"/>: a further send to the server that made it necessary, which is
    /// no attempt of its own.</summary>
    private void SendOrMoveOn(UpstreamState server, UpstreamProto proto)
    {
        if (Send(server, proto))
        {
            ScheduleRetry(server);
            return;
        }
        Blame(server);
        AfterError();
    }

    private void Blame(UpstreamState server)
    {
        if (_lastError != UpstreamError.LocalLimit && _only is null)
        {
            forwarder.ServerFailed(server);
        }
    }

    private bool Send(UpstreamState server, UpstreamProto proto)
    {
        // A datagram that nobody answered may have been too large in coming back (RFC 6891 section 6.2.5).
        var sizeAtMost = Math.Min(
            server.Path.OfferAtMost(Now), _timedRetries > 0 ? ServerPath.SmallOctets : ushort.MaxValue);
        if (!_attempts.TrySend(this, server, Way(server, proto), IsPlain(server), sizeAtMost, out _lastError))
        {
            return false;
        }
        if (_only is null)
        {
            server.Metrics.Request(forwarder.Counters);
        }
        return true;
    }

    /// <summary>A probe's question goes out as it is.</summary>
    private bool IsPlain(UpstreamState server) =>
        _only is null && _query.HasOpt && (_withoutOpt || server.Path.IsPlain(Now));

    /// <summary>The protocol, or the other one where that one is known to be silent.</summary>
    private UpstreamProto Way(UpstreamState server, UpstreamProto proto) => proto switch
    {
        UpstreamProto.Udp when server.Path.IsUdpSilent(Now) => UpstreamProto.Tcp,
        UpstreamProto.Tcp when server.Path.IsTcpSilent(Now) && !_needsTcp && !Options.ForceTcp => UpstreamProto.Udp,
        _ => proto,
    };

    /// <summary>What an answer says about the way it took, and about the ways that others did not come.</summary>
    private void Learn(in Attempt answered, int length, bool tookEdns)
    {
        var server = answered.Server!;
        if (tookEdns)
        {
            server.Path.EdnsAnswered(Now);
        }
        if (answered.Proto == UpstreamProto.Udp)
        {
            server.Path.UdpAnswered(Now);
            return;
        }
        if (answered.Proto != UpstreamProto.Tcp)
        {
            return;
        }
        server.Path.TcpAnswered();
        var lost = _attempts.UdpAt(server, out var firstSentMs, out var offered);
        if (lost == 0 || server.Path.UdpAnsweredSince(firstSentMs))
        {
            if (lost > 0 && length > ServerPath.SmallOctets && offered >= length)
            {
                server.Path.LargeLost(Now);
            }
        }
        else if (lost > 1 || server.Path.IsUdpDoubted(Now))
        {
            server.Path.UdpSilent(Now);
        }
    }

    private void AfterError()
    {
        if (_only is not null)
        {
            Fail(_lastError);
        }
        else if (_held.IsTruncated && !_attempts.AnyOpen)
        {
            FinishHeldOrFail(_lastError);
        }
        else if (System.Numerics.BitOperations.PopCount(_tried) < forwarder.Group.Servers.Length)
        {
            StartNext(_proto);
        }
        else if (_started >= Options.EffectiveAttempts)
        {
            WaitOrGiveUp();
        }
        else
        {
            _tried = 0;
            _retryAtMs = Now + (long)Options.RetryFloor.TotalMilliseconds;
            ArmTimer();
        }
    }

    private void WaitOrGiveUp()
    {
        if (_attempts.AnyOpen)
        {
            _retryAtMs = _deadlineMs;
            ArmTimer();
        }
        else
        {
            FinishHeldOrFail(_lastError);
        }
    }

    private void ScheduleRetry(UpstreamState server)
    {
        var wait = Options.RetryAfterMs(server.Rtt) << _timedRetries;
        _retryAtMs = _only is null && _timedRetries < TimedRetries ? Math.Min(_deadlineMs, Now + wait) : _deadlineMs;
        ArmTimer();
    }

    private void ArmTimer()
    {
        var at = Math.Min(Math.Min(_retryAtMs, _deadlineMs), _connectByMs);
        if (Options.ReadTimeout is { } wait && _only is null)
        {
            at = Math.Min(at, _attempts.OldestSentMs + (long)wait.TotalMilliseconds);
        }
        forwarder.Loop.Arm(this, Math.Max(0, at - Now));
    }

    /// <summary>A server that has answered nobody since it was asked is suspect; one that answers others is just slow
    /// with this name.</summary>
    private void MarkOverdue()
    {
        foreach (ref readonly var attempt in _attempts.All)
        {
            if (attempt.Server is not { } server || attempt.SentMs >= Now)
            {
                continue;
            }
            if (!server.AnsweredSince(attempt.SentMs))
            {
                forwarder.ServerFailed(server);
            }
            if (attempt.Connection is { IsConnected: false }
                || (attempt.Connection is not null && _held.IsTruncated && Now >= _deadlineMs))
            {
                server.Path.TcpSilent(Now);
            }
            if (_query.HasOpt && !attempt.Plain && !server.Path.EdnsAnsweredSince(attempt.SentMs))
            {
                DoubtEdns(server);
            }
        }
    }

    /// <summary>A server that has answered with an OPT record before is more likely to be slow, or to have lost one; one
    /// that answers nothing at all is just not there.</summary>
    private void DoubtEdns(UpstreamState server)
    {
        var query = _query.Form(withoutOpt: false);
        if (_timedRetries > 0 || Options.MaxFails == 0)
        {
            forwarder.FindOutAboutEdns(server, query);
        }
        else if (!server.Path.IsEdnsProven)
        {
            server.Path.Doubt(query);
        }
    }

    private void FinishHeldOrFail(UpstreamError error)
    {
        if (_held.IsEmpty)
        {
            Fail(error);
        }
        else
        {
            Finish(_held.Message);
        }
    }

    private void Finish(ReadOnlySpan<byte> message)
    {
        Release();
        // Recycled after the call: the message may be in this exchange's own buffer.
        _owner!.OnAnswer(message, _answeredBy);
        forwarder.Recycle(this);
    }

    private void Release()
    {
        forwarder.Loop.Cancel(this);
        _attempts.CloseAll();
        if (_entered)
        {
            _entered = false;
            forwarder.Group.Leave();
        }
    }
}
