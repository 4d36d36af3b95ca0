using System.Diagnostics;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Upstream;

/// <summary>A client's query: which server is asked, how and when, until one answers.</summary>
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
/// is told to its <see cref="ServerPath"/>, which then shapes every send. Its <see cref="Upstream.Forwarder"/> pools it.
/// </remarks>
internal sealed class ClientExchange(Forwarder forwarder) : Exchange(forwarder)
{
    /// <summary>Attempts that only the clock starts: the amplification towards slow upstreams is at most
    /// threefold.</summary>
    private const int TimedRetries = 2;

    /// <summary>What a truncated reply in hand waits for the whole one over TCP. The server knows the answer by now; a
    /// client that gets TC asks again over TCP and waits on its own account (RFC 7766 section 5).</summary>
    private const long TruncatedWaitMs = 1000;

    private bool _withoutOpt;
    private bool _clientUsedTcp;
    private bool _entered;
    private ServerOrder _order;
    private UpstreamProto _proto;
    private uint _tried;
    private int _started;
    private int _timedRetries;
    private int _failovers;
    private long _retryAtMs;

    // For a truncated reply in hand: when TC goes to the client unless a TCP connection has opened.
    private long _connectByMs;

    public override bool WantsFreshConnection => _timedRetries > 0;

    /// <summary>Takes the query, which counts for max_concurrent, and sends it.</summary>
    public void Begin(ReadOnlySpan<byte> query, bool clientUsedTcp, IExchangeOwner owner)
    {
        Take(query, owner);
        _withoutOpt = false;
        _connectByMs = long.MaxValue;
        _started = _timedRetries = _failovers = 0;
        _tried = 0;
        _entered = true;
        _clientUsedTcp = clientUsedTcp;
        _order = Forwarder.Group.NextOrder(Forwarder.Random);
        _proto = Options.ForceTcp || (clientUsedTcp && !Options.PreferUdp) ? UpstreamProto.Tcp : UpstreamProto.Udp;
        DeadlineMs = Now + (long)(Forwarder.Group.IsKnownDead ? Options.DeadlineWhenDown : Options.Deadline)
            .TotalMilliseconds;
        _retryAtMs = DeadlineMs;
        if (Query.QuestionEnd == 0)
        {
            Fail(UpstreamError.Malformed);
            return;
        }
        StartNext(_proto);
    }

    /// <summary>Never sent: reports <paramref name="error"/> at the end of the turn.</summary>
    public void Reject(IExchangeOwner owner, UpstreamError error)
    {
        Owner = owner;
        _entered = false;
        Fail(error);
    }

    public override void AttemptAnswered(int index, ReadOnlySpan<byte> message)
    {
        var attempt = Attempts.Close(index);
        var server = attempt.Server!;
        Forwarder.ServerAnswered(server);
        var rcode = ReplyCheck.Rcode(message, Query.QuestionEnd);
        var elapsed = Stopwatch.GetElapsedTime(attempt.SentTicks);
        AnsweredBy = new TapUpstream(server.Address, (long)elapsed.TotalNanoseconds);
        server.Rtt.Add((long)elapsed.TotalMicroseconds);
        server.Metrics.Response(Forwarder.Counters, rcode, (long)elapsed.TotalNanoseconds);

        var rejectsEdns = rcode is ReplyCheck.RcodeFormErr or ReplyCheck.RcodeNotImp or ReplyCheck.RcodeBadVers;
        PathLessons.Answered(attempt, Attempts, message.Length, Query.HasOpt && !attempt.Plain && !rejectsEdns, Now);
        if (rejectsEdns && Query.HasOpt && !attempt.Plain && !_withoutOpt)
        {
            _withoutOpt = true;
            Held.Set(message);
            SendAgain(server, attempt.Proto);
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
            Held.Set(message);
            DeadlineMs = Math.Min(DeadlineMs, Now + TruncatedWaitMs);
            _connectByMs = Now + Options.RetryAfterMs(server.Rtt);
            AskOverTcp(server);
            return;
        }
        if (Options.Failover.Contains(rcode) && _failovers + 1 < Forwarder.Group.Servers.Length)
        {
            _failovers++;
            Held.Set(message);
            StartNext(_proto);
            return;
        }
        Finish(message);
    }

    /// <summary>The server drops OPT records, it has turned out.</summary>
    public void SendPlain(UpstreamState server)
    {
        if (Query.HasOpt && Attempts.WithOptAt(server) is { } proto)
        {
            SendAgain(server, proto);
        }
    }

    public override void OnTimer()
    {
        MarkOverdue();
        if (Now >= DeadlineMs || (Now >= _connectByMs && !Attempts.AnyConnected))
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
        if (Options.ReadTimeout is { } wait && Attempts.OldestSentMs + (long)wait.TotalMilliseconds <= Now)
        {
            Attempts.CloseOldest();
            LastError = UpstreamError.Timeout;
            MoveOn();
            return;
        }
        if (Attempts.AnyOpen)
        {
            _timedRetries++;
        }
        StartNext(_timedRetries == TimedRetries ? UpstreamProto.Tcp : _proto);
    }

    protected override void AskOverTcp(UpstreamState server)
    {
        _proto = UpstreamProto.Tcp;
        base.AskOverTcp(server);
    }

    protected override void SendAgain(UpstreamState server, UpstreamProto proto)
    {
        // A datagram that nobody answered may have been too large in coming back (RFC 6891 section 6.2.5).
        if (TrySend(server, proto, IsPlain(server), _timedRetries > 0 ? ServerPath.SmallOctets : ushort.MaxValue))
        {
            server.Metrics.Request(Forwarder.Counters);
            ScheduleRetry(server);
        }
        else
        {
            OnError(server);
        }
    }

    protected override void OnError(UpstreamState server)
    {
        if (LastError != UpstreamError.LocalLimit)
        {
            Forwarder.ServerFailed(server);
        }
        MoveOn();
    }

    protected override void Release()
    {
        base.Release();
        if (_entered)
        {
            _entered = false;
            Forwarder.Group.Leave();
        }
    }

    private void StartNext(UpstreamProto proto)
    {
        if (_started >= Options.EffectiveAttempts)
        {
            WaitOrGiveUp();
            return;
        }
        var server = Forwarder.Group.Choose(_order, _tried, Now, Forwarder.Random, Forwarder.Counters);
        if (server is null)
        {
            FinishHeldOrFail(UpstreamError.NoHealthyUpstream);
            return;
        }
        _tried |= 1u << server.Index;
        _started++;
        if (proto == UpstreamProto.Udp && server.Path.IsUdpDoubted(Now))
        {
            Attempts.TrySend(this, server, UpstreamProto.Tcp, IsPlain(server), ushort.MaxValue, out _);
        }
        SendAgain(server, proto);
    }

    private bool IsPlain(UpstreamState server) => Query.HasOpt && (_withoutOpt || server.Path.IsPlain(Now));

    /// <summary>After an error: to the next server, or to wait for attempts that are still open.</summary>
    private void MoveOn()
    {
        if (Held.IsTruncated && !Attempts.AnyOpen)
        {
            FinishHeldOrFail(LastError);
        }
        else if (System.Numerics.BitOperations.PopCount(_tried) < Forwarder.Group.Servers.Length)
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
        if (Attempts.AnyOpen)
        {
            _retryAtMs = DeadlineMs;
            ArmTimer();
        }
        else
        {
            FinishHeldOrFail(LastError);
        }
    }

    private void ScheduleRetry(UpstreamState server)
    {
        var wait = Options.RetryAfterMs(server.Rtt) << _timedRetries;
        _retryAtMs = _timedRetries < TimedRetries ? Math.Min(DeadlineMs, Now + wait) : DeadlineMs;
        ArmTimer();
    }

    private void ArmTimer()
    {
        var at = Math.Min(Math.Min(_retryAtMs, DeadlineMs), _connectByMs);
        if (Options.ReadTimeout is { } wait)
        {
            at = Math.Min(at, Attempts.OldestSentMs + (long)wait.TotalMilliseconds);
        }
        Forwarder.Loop.Arm(this, Math.Max(0, at - Now));
    }

    /// <summary>A server that has answered nobody since it was asked is suspect; one that answers others is just slow
    /// with this name.</summary>
    private void MarkOverdue()
    {
        foreach (ref readonly var attempt in Attempts.All)
        {
            if (attempt.Server is not { } server || attempt.SentMs >= Now)
            {
                continue;
            }
            if (!server.AnsweredSince(attempt.SentMs))
            {
                Forwarder.ServerFailed(server);
            }
            if (PathLessons.IsTcpSilence(attempt, waitedLong: Held.IsTruncated && Now >= DeadlineMs))
            {
                server.Path.TcpSilent(Now);
            }
            if (Query.HasOpt && !attempt.Plain && !server.Path.EdnsAnsweredSince(attempt.SentMs))
            {
                PathLessons.DoubtEdns(Forwarder, server, Query.Form(withoutOpt: false), again: _timedRetries > 0);
            }
        }
    }

    private void FinishHeldOrFail(UpstreamError error)
    {
        if (Held.IsEmpty)
        {
            Fail(error);
        }
        else
        {
            Finish(Held.Message);
        }
    }
}
