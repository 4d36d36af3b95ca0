using System.Diagnostics;
using NodeDns.Telemetry;
using NodeDns.Telemetry.Dnstap;
using NodeDns.Telemetry.Tap;

namespace NodeDns.Cache.Upstream;

/// <summary>A client's query: decides which server is asked, how and when, until one answers.</summary>
/// <remarks>
/// A slow attempt is never given up for the next one: all stay open until one answers or the deadline passes. In time:
/// <code>
/// 0            send to the first server of the policy's order
/// 200 ms..2 s  (by its round-trip time; 400 ms where it is unknown) also ask another server, or this one again
/// + twice that also ask over TCP
/// 4.4 s        give up, with a held reply (truncated, or of a failover rcode) if there is one
/// </code>
/// With endpoints the first two are pods, and the third, as long after the second as that after the first, is a server.
/// After an error (refused, closed, read_timeout) the next server is asked at once. After every server has failed, the
/// next round starts 200 ms later. When servers that fail have used the attempts up, one server is asked every 200 ms. After
/// TC over UDP, or a complaint about EDNS, the same server is asked again.
/// <see cref="ServerPath"/> records which packets do not get through to a server, and decides how every query is sent. The
/// <see cref="Upstream.Forwarder"/> pools these objects.
/// </remarks>
internal sealed class ClientExchange(Forwarder forwarder) : Exchange(forwarder)
{
    /// <summary>How many attempts are started because of time alone. So a slow upstream gets at most three times the
    /// queries.</summary>
    private const int TimedRetries = 2;

    /// <summary>How long a truncated reply is held while the whole one is asked for over TCP. The server knows the
    /// answer by now. A client that gets TC asks again over TCP and waits itself (RFC 7766 section 5).</summary>
    private const long TruncatedWaitMs = 1000;

    private bool _withoutOpt;
    private bool _clientUsedTcp;
    private bool _entered;
    private ServerOrder _order;
    private UpstreamProto _proto;
    private uint _tried;
    private int _started;
    private int _extraAttempts;
    private int _timedRetries;
    private int _failovers;
    private long _retryAtMs;

    // When the held truncated reply is sent to the client, unless a TCP connection has opened by then.
    private long _connectByMs;

    public override bool WantsFreshConnection => _timedRetries > 0;

    /// <summary>Takes a query, which counts for max_concurrent, and sends it.</summary>
    public void Begin(ReadOnlySpan<byte> query, bool clientUsedTcp, IExchangeOwner owner)
    {
        Take(query, owner);
        _withoutOpt = false;
        _connectByMs = long.MaxValue;
        _started = _extraAttempts = _timedRetries = _failovers = 0;
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

    /// <summary>Does not send the query, but reports <paramref name="error"/> at the end of the turn.</summary>
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
        AnsweredBy = new TapUpstream(server.Address, (long)elapsed.TotalNanoseconds, attempt.Proto switch
        {
            UpstreamProto.Udp => DnstapProtocol.Udp,
            UpstreamProto.Tcp => DnstapProtocol.Tcp,
            _ => DnstapProtocol.DoT,
        });
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
        if (Options.Failover.Contains(rcode) && _failovers < MostFailovers)
        {
            _failovers++;
            server.Avoid(Now + EndpointSet.AvoidMs);
            Held.Set(message);
            StartNext(_proto);
            return;
        }
        Finish(message);
    }

    /// <summary>Called when it is known that the server drops OPT records: sends the query again without OPT.</summary>
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
        // If a datagram was not answered, the answer may have been too large for the path (RFC 6891 section 6.2.5).
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
        if (AttemptsAreUsedUp)
        {
            WaitOrGiveUp();
            return;
        }
        var server = Forwarder.Group.Choose(
            _order, _tried, Now, Forwarder.Random, Forwarder.Counters, afterEndpoints: _timedRetries == TimedRetries);
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

    /// <summary>How many other servers are asked after a failover rcode. A name that fails everywhere need not be asked of
    /// every pod.</summary>
    private int MostFailovers => Forwarder.Group.Endpoints is null
        ? Forwarder.Group.Servers.Length - 1
        : Math.Min(EndpointSet.MostFailovers, Forwarder.Group.Count - 1);

    private bool IsPlain(UpstreamState server) => Query.HasOpt && (_withoutOpt || server.Path.IsPlain(Now));

    /// <summary>After an error: asks the next server, or waits for attempts that are still open.</summary>
    private void MoveOn()
    {
        if (Held.IsTruncated && !Attempts.AnyOpen)
        {
            FinishHeldOrFail(LastError);
        }
        else if (!AttemptsAreUsedUp && System.Numerics.BitOperations.PopCount(_tried) < Forwarder.Group.Count)
        {
            StartNext(_proto);
        }
        else if (AttemptsAreUsedUp && !MayAskOnceMore)
        {
            WaitOrGiveUp();
        }
        else
        {
            _extraAttempts += AttemptsAreUsedUp ? 1 : 0;
            _tried = 0;
            _retryAtMs = Now + (long)Options.RetryFloor.TotalMilliseconds;
            ArmTimer();
        }
    }

    private bool AttemptsAreUsedUp => _started >= Options.EffectiveAttempts(Forwarder.Group.Count) + _extraAttempts;

    /// <summary>Who refuses at once uses the attempts up in no time. kube-proxy goes on choosing a pod of cluster DNS that has ended
    /// for a second or two, and the one that took its place is known no earlier. A connection to a pod that has gone fails after
    /// 2 s, with as much time left.</summary>
    private bool MayAskOnceMore => Options.MaxConnectAttempts is null && Held.IsEmpty
        && (LastError is UpstreamError.Refused or UpstreamError.Unreachable or UpstreamError.Closed
            || (LastError == UpstreamError.Timeout && Options.ReadTimeout is null))
        && Now + (long)Options.RetryFloor.TotalMilliseconds < DeadlineMs;

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
        // A pod is near: one that is silent has gone, and is not slow.
        var wait = Options.RetryAfterMs(server.Rtt) << (Options.Endpoints is null ? _timedRetries : 0);
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

    /// <summary>Marks servers as suspect that have answered nothing since they were asked. A server that has answered
    /// other queries is only slow with this name.</summary>
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
