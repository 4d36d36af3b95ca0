using NodeDns.Cache.Plugins;
using NodeDns.Cache.Store;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>Steps 6 and 7 of the main path: handles queries that the cache could not answer. There is one for each
/// worker.</summary>
internal sealed class MissPath
{
    private readonly EventLoop _loop;
    private readonly AnswerStore _store;
    private readonly InFlightTable _inFlight;
    private readonly Replies _replies;
    private readonly StepRunner _steps;
    private readonly OwnQuestions _own;
    private readonly WaitingClients _waiting;
    private readonly AnswerPath _answers;
    private readonly int _coalesced;

    /// <summary>A step's reply to a rewritten question, before it is changed back.</summary>
    private byte[]? _fromStep;

    public MissPath(EventLoop loop, QueryShared shared, Replies replies, StepRunner steps, OwnQuestions own,
        WaitingClients waiting)
    {
        _loop = loop;
        _store = shared.Store;
        _inFlight = shared.InFlight;
        _replies = replies;
        _steps = steps;
        _own = own;
        _waiting = waiting;
        _answers = new AnswerPath(loop, shared, replies, waiting);
        _coalesced = shared.Registry.Counter(MetricNames.Coalesced, MetricNames.CoalescedHelp);
    }

    private byte[] Scratch => _waiting.Scratch;

    /// <param name="cache">null when this name is not cached.</param>
    public QueryOutcome Begin(in ClientQuery query, in AnswerKey key, CacheModel? cache, Span<byte> reply)
    {
        var block = query.Zone.Block;
        if (cache is not null)
        {
            if (block.SearchCut is { } cut && _answers.SearchCut.TryDeny(cut, query, key, cache, reply, out var denied))
            {
                return denied;
            }

            var failedLately = FailedLately(key, out var failure);
            if (cache.Stale is { } stale && (failedLately || !stale.Verify || IsKnownDead(query))
                && TryStale(query, key, cache, reply, out var served))
            {
                if (!failedLately)
                {
                    Refresh(query, key);
                }

                return served;
            }
            if (failedLately)
            {
                query.Zone.CacheMetrics?.Hit(_replies.Counters, denial: true);
                return _replies.Empty(query, reply, failure, AnsweredBy.Cache);
            }
            query.Zone.CacheMetrics?.Miss(_replies.Counters);
        }

        // 6. Steps after the cache.
        if (block.Rewrite?.TryRewrite(query.ForPlugins()) is { } rewritten)
        {
            return Rewritten(query, key, rewritten, reply);
        }

        if (block.AfterCache.Length > 0 && _steps.TryAnswer(block.AfterCache, query, reply, out var outcome))
        {
            return outcome;
        }

        if (block.NextForward(query.Name) is var forward && forward < 0)
        {
            return block.AfterForward.Length > 0 && _steps.TryAnswer(block.AfterForward, query, reply, out outcome)
                ? outcome
                : _replies.Reject(query, reply, Rcode.ServFail);
        }

        if (block.SearchCut is { } beside && cache is not null)
        {
            _answers.SearchCut.AskBeside(beside, query);
        }

        return Wait(query, key, null, forward, reply);
    }

    /// <summary>Refreshes a popular answer that is about to expire. The hit itself is answered in any case.</summary>
    /// <returns>How often the answer was asked for without a gap.</returns>
    public int MaybePrefetch(in ClientQuery query, in AnswerKey key, in StoredAnswer stored, PrefetchModel prefetch)
    {
        var hits = _store.CountHit(stored, _loop.NowMs, prefetch.WindowSeconds);
        if (hits >= prefetch.Amount && prefetch.IsDue(stored.TtlSeconds, stored.RemainingSeconds(_loop.NowMs))
            && !FailedLately(key, out _) && Refresh(query, key))
        {
            query.Zone.CacheMetrics?.Prefetch(_replies.Counters);
        }

        return hits;
    }

    /// <summary>Does step 6 and 7 for a question that a rewrite has changed.</summary>
    private QueryOutcome Rewritten(in ClientQuery query, in AnswerKey key, RewrittenQuestion rewritten, Span<byte> reply)
    {
        if (rewritten.IsInvalid)
        {
            return _replies.Reject(query, reply, Rcode.ServFail);
        }

        var block = query.Zone.Block;
        Span<byte> message = stackalloc byte[DnsHeader.Length + DnsName.MaxLength + 4];
        query.Message[..DnsHeader.Length].CopyTo(message);
        DnsHeader.SetArCount(message, 0);
        var end = DnsHeader.Length
            + QuestionReader.Write(message[DnsHeader.Length..], rewritten.Name, rewritten.Type, rewritten.Class);
        var forPlugins = query.ForPlugins(message[..end], rewritten.Name, rewritten.Type, rewritten.Class);
        var forward = block.NextForward(rewritten.Name);
        var step = _fromStep ??= ScratchBuffer.Allocate(QueryHandler.MaxMessage);
        var length = StepRunner.Ask(block.AfterCache, forPlugins, step, out var by);
        if (length == 0 && forward < 0)
        {
            length = StepRunner.Ask(block.AfterForward, forPlugins, step, out by);
        }

        if (length < 0)
        {
            return QueryOutcome.Drop;
        }

        if (length > 0)
        {
            if (by == AnsweredBy.Template
                && _own.TryFollowCname(query, step.AsSpan(0, length), reply, out var outcome, rewritten))
            {
                return outcome;
            }

            var extendedError = ExtendedErrorOption.Take(step, ref length, end);
            length = rewritten.Restore(step.AsSpan(0, length), Scratch);
            return length == 0
                ? _replies.Reject(query, reply, Rcode.ServFail)
                : _replies.FromPlugin(
                    query, Scratch, ExtendedErrorOption.Append(Scratch, length, extendedError), reply, by);
        }
        return forward < 0 ? _replies.Reject(query, reply, Rcode.ServFail) : Wait(query, key, rewritten, forward, reply);
    }

    /// <summary>Step 7: joins an exchange or starts one.</summary>
    private QueryOutcome Wait(in ClientQuery query, in AnswerKey key, RewrittenQuestion? rewritten, int forward,
        Span<byte> reply)
    {
        // An upstream that leads back to us would send this question in circles until it times out.
        if (query.Zone.Block.Loop is { IsLooping: true } && query.Type != Qtype.HINFO)
        {
            return _replies.Reject(query, reply, Rcode.ServFail);
        }

        if (_waiting.Enter(query) is not { } waiter)
        {
            return _replies.Reject(query, reply, Rcode.Refused);
        }

        var joined = Start(query, key, rewritten, waiter, forward);
        if (joined == JoinOutcome.Full)
        {
            _waiting.Leave(waiter);
            return _replies.Reject(query, reply, Rcode.Refused);
        }
        if (joined == JoinOutcome.Joined)
        {
            _replies.Counters.Increment(_coalesced);
        }

        return QueryOutcome.Pending;
    }

    /// <summary>Asks upstream, unless the same question is already being asked.</summary>
    private JoinOutcome Start(in ClientQuery query, in AnswerKey key, RewrittenQuestion? rewritten, Waiter? waiter,
        int forward)
    {
        var pending = _answers.Rent();
        // A refresh serves hits over both protocols, so it does not follow the client's.
        var overTcp = waiter is not null && query.IsTcp && query.Zone.Block.Forwards[forward].FollowsClient;
        if (rewritten is null)
        {
            pending.Set(query, key, overTcp);
        }
        else
        {
            pending.Set(query, key, overTcp, rewritten);
        }

        pending.Forward = forward;
        pending.Forwarders = query.Forwarders;
        var joined = _inFlight.Join(key, overTcp, waiter, pending);
        if (joined != JoinOutcome.Started)
        {
            _answers.Release(pending);
            return joined;
        }
        if (waiter is not null && query.Zone.Block.Cache?.Stale is { Verify: true, VerifyTimeoutMs: > 0 } stale)
        {
            _loop.Arm(pending, stale.VerifyTimeoutMs);
        }

        pending.Ask();
        return joined;
    }

    /// <summary>Asks upstream for an answer that nobody waits for.</summary>
    /// <returns>false when it is already being asked for, or cannot be asked for.</returns>
    private bool Refresh(in ClientQuery query, in AnswerKey key)
    {
        var rewritten = query.Zone.Block.Rewrite?.TryRewrite(query.ForPlugins());
        if (rewritten is { IsInvalid: true })
        {
            return false;
        }

        var forward = query.Zone.Block.NextForward(rewritten is null ? query.Name : rewritten.Name);
        return forward >= 0 && Start(query, key, rewritten, null, forward) == JoinOutcome.Started;
    }

    /// <param name="failure">The rcode to reply with: NOTIMP, or SERVFAIL, which also stands for no answer at
    /// all.</param>
    private bool FailedLately(in AnswerKey key, out Rcode failure)
    {
        var found = _store.TryGet(
            key.ForFailure(), new GetOptions(_loop.NowMs), Scratch, DnsHeader.Length, out var stored);
        failure = stored.Rcode;
        return found == GetOutcome.Fresh;
    }

    private bool TryStale(in ClientQuery query, in AnswerKey key, CacheModel cache, Span<byte> reply,
        out QueryOutcome outcome)
    {
        outcome = default;
        var options = new GetOptions(_loop.NowMs, cache.StaleMs, cache.StaleTtlSeconds);
        var found = _store.TryGet(key, options, Scratch, query.QuestionEnd, out var stored);
        if (found is not (GetOutcome.Stale or GetOutcome.Fresh))
        {
            return false;
        }

        query.Zone.CacheMetrics?.Hit(_replies.Counters, stored.Kind == AnswerKind.Denial);
        query.Zone.CacheMetrics?.ServedStale(_replies.Counters);
        outcome = _replies.FromStore(query, stored, Scratch, isStale: true);
        Scratch.AsSpan(0, outcome.Length).CopyTo(reply);
        return true;
    }

    private static bool IsKnownDead(in ClientQuery query)
    {
        var forward = query.Zone.Block.NextForward(query.Name);
        return forward >= 0 && query.Forwarders[query.Zone.Block.Forwards[forward].Index].IsKnownDead;
    }
}
