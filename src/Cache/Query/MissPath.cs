using NodeDns.Cache.Loop;
using NodeDns.Cache.Plugins;
using NodeDns.Cache.Store;
using NodeDns.Cache.Telemetry;
using NodeDns.Cache.Upstream;
using NodeDns.Cache.Wire;

namespace NodeDns.Cache.Query;

/// <summary>Steps 6 to 9 of the main path: what the cache could not answer. One a worker; everything after
/// <see cref="Begin"/> is a callback on its loop.</summary>
internal sealed class MissPath
{
    private readonly QueryHandler _handler;
    private readonly EventLoop _loop;
    private readonly AnswerStore _store;
    private readonly InFlightTable _inFlight;
    private readonly ReplyLedger _ledger;
    private readonly int _coalesced;
    private readonly ClientLimit _limit = new();
    private readonly AnswerScan _scan = new();
    private readonly Stack<Waiter> _waiters = new();
    private readonly Stack<PendingQuery> _pending = new();

    /// <summary>The answer being dealt with: a message without OPT.</summary>
    private readonly byte[] _answer = new byte[QueryHandler.MaxMessage];

    /// <summary>What a step says to a rewritten question; not _answer, which may be on its way to other waiters.</summary>
    private byte[]? _fromStep;

    /// <summary>The reply being built for one waiter.</summary>
    private readonly byte[] _reply = new byte[QueryHandler.MaxMessage + QueryEdns.EmptyOptLength];

    public MissPath(QueryHandler handler, EventLoop loop, QueryShared shared, ReplyLedger ledger)
    {
        _handler = handler;
        _loop = loop;
        _store = shared.Store;
        _inFlight = shared.InFlight;
        _ledger = ledger;
        _coalesced = shared.Registry.Counter(MetricNames.Coalesced, MetricNames.CoalescedHelp);
    }

    /// <summary>Waiters of this worker.</summary>
    public int PendingCount { get; private set; }

    /// <summary>Those of queries that come from now on, by <see cref="ForwardModel.Index"/>.</summary>
    public IForwarder[] Forwarders { get; set; } = [];

    /// <param name="cache">null when the name is not cached.</param>
    public QueryOutcome Begin(in ClientQuery query, in AnswerKey key, CacheModel? cache, Span<byte> reply)
    {
        BlockModel block = query.Zone.Block;
        if (cache is not null)
        {
            bool failedLately = FailedLately(key, out Rcode failure);
            if (cache.Stale is { } stale && (failedLately || !stale.Verify || IsKnownDead(query))
                && TryStale(query, key, cache, reply, out QueryOutcome served))
            {
                if (!failedLately) Refresh(query, key);
                return served;
            }
            if (failedLately)
            {
                query.Zone.CacheMetrics?.Hit(_ledger.Counters, denial: true);
                int length = ReplyFinish.Empty(reply, query.Question, query.Needs, failure);
                return _handler.Done(query, reply, length, AnsweredBy.Cache);
            }
            query.Zone.CacheMetrics?.Miss(_ledger.Counters);
        }

        // 6. Steps after the cache.
        if (block.Rewrite?.TryRewrite(query.ForPlugins()) is { } rewritten) return Rewritten(query, key, rewritten, reply);
        if (block.AfterCache.Length > 0 && _handler.AskPlugins(block.AfterCache, query, reply, out QueryOutcome outcome))
            return outcome;
        if (NextForward(block, query.Name, 0) is var forward && forward < 0)
        {
            return block.AfterForward.Length > 0 && _handler.AskPlugins(block.AfterForward, query, reply, out outcome)
                ? outcome
                : _handler.Reject(query, reply, Rcode.ServFail);
        }
        return Wait(query, key, null, forward, reply);
    }

    /// <summary>Refreshes a popular answer that is about to expire; the hit itself is answered regardless.</summary>
    public void MaybePrefetch(in ClientQuery query, in AnswerKey key, in StoredAnswer stored, PrefetchModel prefetch)
    {
        int hits = _store.CountHit(stored, _loop.NowMs, prefetch.WindowSeconds);
        if (hits >= prefetch.Amount && prefetch.IsDue(stored.TtlSeconds, stored.RemainingSeconds(_loop.NowMs))
            && !FailedLately(key, out _) && Refresh(query, key))
            query.Zone.CacheMetrics?.Prefetch(_ledger.Counters);
    }

    /// <summary>The same, with the question that a rewrite has made.</summary>
    private QueryOutcome Rewritten(in ClientQuery query, in AnswerKey key, RewrittenQuestion rewritten, Span<byte> reply)
    {
        if (rewritten.IsInvalid) return _handler.Reject(query, reply, Rcode.ServFail);
        BlockModel block = query.Zone.Block;
        Span<byte> message = stackalloc byte[DnsHeader.Length + DnsName.MaxLength + 4];
        query.Message[..DnsHeader.Length].CopyTo(message);
        DnsHeader.SetArCount(message, 0);
        int end = DnsHeader.Length
            + QuestionReader.Write(message[DnsHeader.Length..], rewritten.Name, rewritten.Type, rewritten.Class);
        PluginQuery forPlugins = query.ForPlugins(message[..end], rewritten.Name, rewritten.Type, rewritten.Class);
        int forward = NextForward(block, rewritten.Name, 0);
        byte[] step = _fromStep ??= new byte[QueryHandler.MaxMessage];
        int length = QueryHandler.AskPlugins(block.AfterCache, forPlugins, step, out AnsweredBy by);
        if (length == 0 && forward < 0)
            length = QueryHandler.AskPlugins(block.AfterForward, forPlugins, step, out by);
        if (length < 0) return QueryOutcome.Drop;
        if (length > 0)
        {
            byte[] extendedError = ExtendedErrorOption.Take(step, ref length, end);
            length = rewritten.Restore(step.AsSpan(0, length), _reply);
            return length == 0
                ? _handler.Reject(query, reply, Rcode.ServFail)
                : _handler.FromPlugin(
                    query, _reply, ExtendedErrorOption.Append(_reply, length, extendedError), reply, by);
        }
        return forward < 0 ? _handler.Reject(query, reply, Rcode.ServFail) : Wait(query, key, rewritten, forward, reply);
    }

    /// <summary>7. Joins or starts an exchange.</summary>
    private QueryOutcome Wait(in ClientQuery query, in AnswerKey key, RewrittenQuestion? rewritten, int forward,
        Span<byte> reply)
    {
        // A question that comes back to us through its upstream would go round until it times out.
        if (query.Zone.Block.Loop is { IsLooping: true } && query.Type != Qtype.HINFO)
            return _handler.Reject(query, reply, Rcode.ServFail);
        int slot = _limit.Enter(query.To.Client);
        if (slot < 0) return _handler.Reject(query, reply, Rcode.Refused);
        Waiter waiter = _waiters.TryPop(out Waiter? pooled) ? pooled : new Waiter(this);
        waiter.Set(query, slot);
        JoinOutcome joined = Start(query, key, rewritten, waiter, forward);
        if (joined == JoinOutcome.Full)
        {
            Release(waiter);
            return _handler.Reject(query, reply, Rcode.Refused);
        }
        if (joined == JoinOutcome.Joined) _ledger.Counters.Increment(_coalesced);
        PendingCount++;
        return QueryOutcome.Pending;
    }

    /// <summary>Asks upstream for a question unless that is under way already.</summary>
    private JoinOutcome Start(in ClientQuery query, in AnswerKey key, RewrittenQuestion? rewritten, Waiter? waiter,
        int forward)
    {
        PendingQuery pending = _pending.TryPop(out PendingQuery? pooled) ? pooled : new PendingQuery(this);
        bool overTcp = query.IsTcp && query.Zone.Block.Forwards[forward].FollowsClient;
        if (rewritten is null) pending.Set(query, key, overTcp);
        else pending.Set(query, key, overTcp, rewritten);
        pending.Forward = forward;
        pending.Forwarders = query.Forwarders;
        JoinOutcome joined = _inFlight.Join(key, overTcp, waiter, pending);
        if (joined != JoinOutcome.Started)
        {
            Release(pending);
            return joined;
        }
        if (waiter is not null && query.Zone.Block.Cache?.Stale is { Verify: true, VerifyTimeoutMs: > 0 } stale)
            _loop.Arm(pending, stale.VerifyTimeoutMs);
        Ask(pending);
        return joined;
    }

    /// <summary>Asks for an answer that nobody waits for.</summary>
    /// <returns>false when it is under way already, or cannot be asked for.</returns>
    private bool Refresh(in ClientQuery query, in AnswerKey key)
    {
        RewrittenQuestion? rewritten = query.Zone.Block.Rewrite?.TryRewrite(query.ForPlugins());
        if (rewritten is { IsInvalid: true }) return false;
        int forward = NextForward(query.Zone.Block, rewritten is null ? query.Name : rewritten.Name, 0);
        return forward >= 0 && Start(query, key, rewritten, null, forward) == JoinOutcome.Started;
    }

    private static void Ask(PendingQuery pending) =>
        pending.Forwarders[pending.Zone.Block.Forwards[pending.Forward].Index]
            .Forward(pending.Query, pending.OverTcp, pending);

    /// <summary>8. Judges and stores the answer.</summary>
    public void OnAnswer(PendingQuery pending, ReadOnlySpan<byte> message)
    {
        try
        {
            Judge(pending, message);
        }
        catch (Exception bug)
        {
            _handler.OnBug(bug);
            if (!pending.IsDone) Finish(pending, 0, Rcode.ServFail, AnsweredBy.Server);
        }
    }

    private void Judge(PendingQuery pending, ReadOnlySpan<byte> message)
    {
        BlockModel block = pending.Zone.Block;
        if (ReplyCheck.WantsNext(block.Forwards[pending.Forward].Options, message)
            && NextForward(block, pending.SentName, pending.Forward + 1) is var next && next >= 0)
        {
            pending.Forward = next;
            Ask(pending);
            return;
        }
        if (message.Length < pending.SentQuestionEnd
            || !_scan.TryRead(message, pending.SentQuestionEnd, pending.SentType))
        {
            pending.Zone.CacheMetrics?.Drop(_ledger.Counters);
            OnFailure(pending, UpstreamError.Malformed);
            return;
        }
        message[.._scan.End].CopyTo(_answer);
        _scan.Rewrite(_answer, null);
        if (pending.Rewritten is not null && !TryRestore(pending)) return;

        int questionEnd = pending.QuestionEnd;
        if (block.Cache is { } cache && cache.Covers(pending.Name))
        {
            if (TryFinishStale(pending, cache, ChooseStale(cache))) return;
            CacheVerdict? verdict = CacheRules.Judge(_scan, cache, pending.Name);
            int length = _scan.End;
            _scan.Rewrite(_answer, verdict?.TtlSeconds);
            if (verdict is { TtlSeconds: > 0 } kept) Store(pending.Key, kept, _answer.AsSpan(0, length), questionEnd);
            Finish(pending, length, Rcode.NoError, AnsweredBy.Forward);
        }
        else Finish(pending, _scan.End, Rcode.NoError, AnsweredBy.Forward);
    }

    /// <summary>Makes the answer in <see cref="_answer"/> one to the clients' question.</summary>
    /// <returns>false when the exchange goes on, or has failed.</returns>
    private bool TryRestore(PendingQuery pending)
    {
        RewrittenQuestion rewritten = pending.Rewritten!;
        ReadOnlySpan<byte> answer = _answer.AsSpan(0, _scan.End);
        if (pending.FollowedReply is null && rewritten.CnameToFollow(answer) is { } target)
        {
            pending.Follow(target, answer);
            Ask(pending);
            return false;
        }
        int length = answer.Length;
        if (pending.FollowedReply is { } followed)
        {
            length = rewritten.MergeCname(followed, answer, _reply);
            _reply.AsSpan(0, length).CopyTo(_answer);
        }
        length = length == 0 ? 0 : rewritten.Restore(_answer.AsSpan(0, length), _reply);
        if (length == 0 || length > _answer.Length || !_scan.TryRead(_reply.AsSpan(0, length), pending.QuestionEnd, pending.Qtype))
        {
            OnFailure(pending, UpstreamError.Malformed);
            return false;
        }
        _reply.AsSpan(0, length).CopyTo(_answer);
        return true;
    }

    /// <summary>Upstream gave no answer: 8 and 9 for failures.</summary>
    public void OnFailure(PendingQuery pending, UpstreamError error)
    {
        CacheModel? cache = pending.Zone.Block.Cache;
        if (cache is not null && !cache.Covers(pending.Name)) cache = null;
        // Being at our own limit, or stopping, says nothing about the name.
        bool isOwn = error is UpstreamError.TooManyConcurrent or UpstreamError.Stopped or UpstreamError.LocalLimit;
        Rcode rcode = error == UpstreamError.TooManyConcurrent ? Rcode.Refused : Rcode.ServFail;
        pending.Zone.Block.Errors?.Failed(rcode, pending.Name, pending.Qtype,
            $"{pending.Zone.Block.Forwards[pending.Forward].To}: {UpstreamErrorText.Of(error)}");
        if (cache is not null)
        {
            if (!isOwn) StoreFailure(pending.Key, cache);
            if (cache.Stale is not null && TryFinishStale(pending, cache, StaleChoice.Any)) return;
        }
        Finish(pending, 0, rcode, AnsweredBy.Server);
    }

    /// <summary>Those who wait have waited long enough for a verified answer; the exchange goes on without them.</summary>
    public void OnStaleTimer(PendingQuery pending)
    {
        if (pending.Zone.Block.Cache is not { Stale: { } stale } cache) return;
        int length = FetchStale(pending, cache, StaleChoice.Any, out ushort flags);
        if (length == 0) return;
        // For those who join the same exchange from now on.
        _loop.Arm(pending, stale.VerifyTimeoutMs);
        Reply(_inFlight.TakeWaiters(pending), length, flags, Rcode.NoError, AnsweredBy.Cache, isStale: true);
    }

    /// <param name="failure">What upstream said: SERVFAIL, which also stands for no answer at all, or NOTIMP.</param>
    private bool FailedLately(in AnswerKey key, out Rcode failure)
    {
        GetOutcome found = _store.TryGet(
            key.ForFailure(), new GetOptions(_loop.NowMs), _reply, DnsHeader.Length, out StoredAnswer stored);
        failure = stored.Rcode;
        return found == GetOutcome.Fresh;
    }

    private bool TryStale(in ClientQuery query, in AnswerKey key, CacheModel cache, Span<byte> reply,
        out QueryOutcome outcome)
    {
        outcome = default;
        var options = new GetOptions(_loop.NowMs, cache.StaleMs, cache.StaleTtlSeconds);
        GetOutcome found = _store.TryGet(key, options, _reply, query.QuestionEnd, out StoredAnswer stored);
        if (found is not (GetOutcome.Stale or GetOutcome.Fresh)) return false;
        query.Zone.CacheMetrics?.Hit(_ledger.Counters, stored.Kind == AnswerKind.Denial);
        query.Zone.CacheMetrics?.ServedStale(_ledger.Counters);
        outcome = _handler.FromStore(query, stored, _reply);
        _reply.AsSpan(0, outcome.Length).CopyTo(reply);
        return true;
    }

    private static bool IsKnownDead(in ClientQuery query)
    {
        int forward = NextForward(query.Zone.Block, query.Name, 0);
        return forward >= 0 && query.Forwarders[query.Zone.Block.Forwards[forward].Index].IsKnownDead;
    }

    private static int NextForward(BlockModel block, ReadOnlySpan<byte> name, int from)
    {
        for (int i = from; i < block.Forwards.Length; i++)
            if (block.Forwards[i].Takes(name))
                return i;
        return -1;
    }

    /// <summary>Which stale answer, if any, is better than the answer just scanned: any when upstream failed (RFC 8767
    /// section 4: NXDOMAIN and NOERROR are answers, everything else is not); a positive one when upstream denies what it
    /// confirmed before and the file prefers that.</summary>
    private StaleChoice ChooseStale(CacheModel cache)
    {
        if (cache.Stale is not { } stale) return StaleChoice.None;
        if ((Rcode)_scan.Rcode is not (Rcode.NoError or Rcode.NXDomain)) return StaleChoice.Any;
        bool denies = !_scan.AnswersQtype && (_scan.Flags & DnsHeader.TC) == 0;
        return denies && stale.PreferPositive ? StaleChoice.Positive : StaleChoice.None;
    }

    /// <summary>Serves every waiter a stale answer, if there is one, and leaves upstream alone for a while.</summary>
    private bool TryFinishStale(PendingQuery pending, CacheModel cache, StaleChoice choice)
    {
        if (choice == StaleChoice.None || FetchStale(pending, cache, choice, out ushort flags) is not (> 0 and var length))
            return false;
        StoreFailure(pending.Key, cache);
        Reply(Complete(pending), length, flags, Rcode.NoError, AnsweredBy.Cache, isStale: true);
        Release(pending);
        return true;
    }

    /// <summary>Fetches the answer that the store has, stale or not, into <see cref="_answer"/>.</summary>
    /// <returns>Its length; 0 when there is none, and then <see cref="_answer"/> is as it was.</returns>
    private int FetchStale(PendingQuery pending, CacheModel cache, StaleChoice choice, out ushort flags)
    {
        var options = new GetOptions(_loop.NowMs, cache.StaleMs, cache.StaleTtlSeconds);
        GetOutcome found = _store.TryGet(pending.Key, options, _reply, pending.QuestionEnd, out StoredAnswer stored);
        flags = (ushort)(stored.HeaderFlags & ~DnsHeader.AA);
        if (found is not (GetOutcome.Stale or GetOutcome.Fresh)
            || choice == StaleChoice.Positive && stored.Kind != AnswerKind.Success)
            return 0;
        int length = pending.QuestionEnd + stored.RecordsLength;
        _reply.AsSpan(0, length).CopyTo(_answer);
        return length;
    }

    private enum StaleChoice
    {
        None,
        Any,
        Positive,
    }

    private void Store(in AnswerKey key, CacheVerdict verdict, ReadOnlySpan<byte> answer, int questionEnd)
    {
        AnswerKey under = verdict.Kind == AnswerKind.Failure ? key.ForFailure() : key;
        _store.Put(
            under,
            new AnswerRecords
            {
                Kind = verdict.Kind,
                HeaderFlags = DnsHeader.Flags(answer),
                Counts = answer[6..DnsHeader.Length],
                Records = answer[questionEnd..],
                TtlOffsets = _scan.TakeRelativeTtlOffsets(questionEnd),
                TtlSeconds = verdict.TtlSeconds,
            },
            _loop.NowMs);
    }

    /// <summary>RFC 9520: a failure is remembered whoever caused it, also when upstream was silent.</summary>
    private void StoreFailure(in AnswerKey key, CacheModel cache)
    {
        uint ttl = cache.Stale is { RecheckSeconds: > 0 } stale ? stale.RecheckSeconds : cache.FailureTtlSeconds;
        if (ttl == 0) return;
        _store.Put(
            key.ForFailure(),
            new AnswerRecords
            {
                Kind = AnswerKind.Failure,
                HeaderFlags = (ushort)(DnsHeader.QR | (int)Rcode.ServFail),
                Counts = NoCounts,
                Records = [],
                TtlOffsets = [],
                TtlSeconds = ttl,
            },
            _loop.NowMs);
    }

    private static ReadOnlySpan<byte> NoCounts => [0, 0, 0, 0, 0, 0];

    private void Finish(PendingQuery pending, int length, Rcode rcode, AnsweredBy by)
    {
        ushort flags = length > 0 ? DnsHeader.Flags(_answer) : (ushort)0;
        Reply(Complete(pending), length, flags, rcode, by, isStale: false);
        Release(pending);
    }

    /// <summary>9. Replies to every waiter: this worker's at once, another's on its own loop.</summary>
    private void Reply(Waiter? waiters, int length, ushort flags, Rcode rcode, AnsweredBy by, bool isStale)
    {
        byte[]? copy = null;
        while (waiters is { } waiter)
        {
            waiters = waiter.Next;
            waiter.Next = null;
            if (waiter.Owner == this)
            {
                ReplyOwn(waiter, _answer.AsSpan(0, length), flags, rcode, by, isStale);
                continue;
            }
            copy ??= _answer.AsSpan(0, length).ToArray();
            waiter.Owner.Post(waiter, copy, flags, rcode, by, isStale);
        }
    }

    /// <summary>Any thread may call.</summary>
    private void Post(Waiter waiter, byte[] answer, ushort flags, Rcode rcode, AnsweredBy by, bool isStale) =>
        _loop.Post(() => ReplyOwn(waiter, answer, flags, rcode, by, isStale));

    /// <summary>A bug in one waiter's reply costs that reply, not the others' and not the process.</summary>
    private void ReplyOwn(Waiter waiter, ReadOnlySpan<byte> answer, ushort flags, Rcode rcode, AnsweredBy by, bool isStale)
    {
        PendingCount--;
        ReplyTo to = waiter.To;
        bool released = false;
        try
        {
            int length = Write(waiter, answer, flags, rcode, by, isStale);
            Release(waiter);
            released = true;
            to.Sink.Reply(to, _reply.AsSpan(0, length));
        }
        catch (Exception bug)
        {
            _handler.OnBug(bug);
            if (released) return;
            Release(waiter);
            to.Sink.Forget(to);
        }
    }

    /// <summary>Writes a waiter's reply to <see cref="_reply"/>, and counts it.</summary>
    /// <returns>Its length.</returns>
    private int Write(Waiter waiter, ReadOnlySpan<byte> answer, ushort flags, Rcode rcode, AnsweredBy by, bool isStale)
    {
        int length;
        if (answer.IsEmpty) length = ReplyFinish.Empty(_reply, waiter.Question, waiter.Needs, rcode);
        else
        {
            int questionEnd = DnsHeader.Length + waiter.Question.Length;
            answer.CopyTo(_reply);
            ReplyFinish.Begin(_reply, waiter.Question, waiter.Needs, flags);
            length = ReplyFinish.End(_reply, answer.Length, questionEnd, waiter.Needs, waiter.Zone.Block.Filters);
        }
        if (isStale) waiter.Zone.CacheMetrics?.ServedStale(_ledger.Counters);
        Span<byte> lowerName = stackalloc byte[DnsName.MaxLength];
        lowerName = lowerName[..(waiter.Question.Length - 4)];
        DnsName.ToLower(waiter.Question[..^4], lowerName);
        _ledger.Note(waiter, lowerName, _reply.AsSpan(0, length), by);
        return length;
    }

    private Waiter? Complete(PendingQuery pending)
    {
        _loop.Cancel(pending);
        return _inFlight.Complete(pending);
    }

    private void Release(PendingQuery pending)
    {
        pending.Clear();
        _pending.Push(pending);
    }

    private void Release(Waiter waiter)
    {
        _limit.Leave(waiter.LimitSlot);
        waiter.Clear();
        _waiters.Push(waiter);
    }
}
