using NodeDns.Cache.Store;
using NodeDns.Cache.Upstream;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>Step 8 of the main path: handles the answer of an upstream, or the failure to get one. There is one for
/// each worker; it is called on that worker's _loop.</summary>
internal sealed class AnswerPath
{
    private readonly EventLoop _loop;
    private readonly AnswerStore _store;
    private readonly InFlightTable _inFlight;
    private readonly Replies _replies;
    private readonly WaitingClients _waiting;
    private readonly CutLessons _cutLessons;
    private readonly AnswerScan _scan = new();
    private readonly Stack<PendingQuery> _pool = new();

    /// <summary>The answer that is being handled: a message without OPT.</summary>
    private readonly byte[] _answer = ScratchBuffer.Allocate(QueryHandler.MaxMessage);

    public AnswerPath(EventLoop loop, QueryShared shared, Replies replies, WaitingClients waiting)
    {
        _loop = loop;
        _store = shared.Store;
        _inFlight = shared.InFlight;
        _replies = replies;
        _waiting = waiting;
        SearchCut = new SearchCutPath(loop, shared, replies, waiting, this);
        _cutLessons = new CutLessons(loop, shared, replies, SearchCut);
    }

    /// <summary>What search_cut does on a miss. It learns from the answers here.</summary>
    public SearchCutPath SearchCut { get; }

    private byte[] Scratch => _waiting.Scratch;

    public PendingQuery Rent() => _pool.TryPop(out var pooled) ? pooled : new PendingQuery(this);

    public void Release(PendingQuery pending)
    {
        if (pending.IsAhead)
        {
            SearchCut.AheadDone();
        }

        pending.Clear();
        _pool.Push(pending);
    }

    /// <summary>Asks a question that no client waits for, unless it is being asked already.</summary>
    /// <param name="isAhead">As <see cref="PendingQuery.IsAhead"/>.</param>
    public JoinOutcome Ask(in AnswerKey key, ZoneModel zone, IForwarder[] forwarders, int forward, bool isAhead = false)
    {
        var pending = Rent();
        pending.Set(zone, key);
        pending.Forward = forward;
        pending.Forwarders = forwarders;
        var joined = _inFlight.Join(key, overTcp: false, null, pending);
        if (joined != JoinOutcome.Started)
        {
            Release(pending);
            return joined;
        }

        pending.IsAhead = isAhead;
        pending.Ask();
        return joined;
    }

    /// <summary>Decides about the answer, stores it if it may be kept, and replies to the waiting clients.</summary>
    public void OnAnswer(PendingQuery pending, ReadOnlySpan<byte> message)
    {
        try
        {
            foreach (var dnstap in pending.Zone.Block.Dnstap)
            {
                dnstap.Forwarder(pending.Query, message, pending.Upstream);
            }

            Judge(pending, message);
        }
        catch (Exception bug)
        {
            _replies.OnBug(bug);
            if (!pending.IsDone)
            {
                Finish(pending, 0, Rcode.ServFail, AnsweredBy.Server);
            }
        }
    }

    private void Judge(PendingQuery pending, ReadOnlySpan<byte> message)
    {
        var block = pending.Zone.Block;
        if (ReplyCheck.WantsNext(block.Forwards[pending.Forward].Options, message)
            && block.NextForward(pending.SentName, pending.Forward + 1) is var next && next >= 0)
        {
            pending.Forward = next;
            pending.Ask();
            return;
        }
        if (message.Length < pending.SentQuestionEnd
            || !_scan.TryRead(message, pending.SentQuestionEnd, pending.SentType)
            || !_scan.TryTake(message, pending.SentQuestionEnd, _answer))
        {
            pending.Zone.CacheMetrics?.Drop(_replies.Counters);
            OnFailure(pending, UpstreamError.Malformed);
            return;
        }
        if (pending.Rewritten is not null && !TryRestore(pending))
        {
            return;
        }

        if (block.SearchCuts.Length > 0)
        {
            _cutLessons.OnAnswer(pending, _scan, _answer.AsSpan(0, _scan.End));
        }

        var questionEnd = pending.QuestionEnd;
        if (block.Cache is { } cache && cache.Covers(pending.Name))
        {
            if (TryFinishStale(pending, cache, ChooseStale(cache)))
            {
                return;
            }

            var verdict = CacheRules.Judge(_scan, cache, pending.Name);
            _scan.CompressOwners(_answer, questionEnd);
            var length = _scan.End;
            _scan.Rewrite(_answer, verdict?.TtlSeconds);
            if (verdict is { TtlSeconds: > 0 } kept)
            {
                Store(pending.Key, kept, _answer.AsSpan(0, length), questionEnd);
            }
            else if ((Rcode)_scan.Rcode is Rcode.NoError or Rcode.NXDomain)
            {
                // RFC 8767 section 4: an answer refreshes the stored one even if it is not kept itself, so the stored
                // one is removed. A truncated answer does not contradict it, so that one is removed only if it has
                // expired.
                var isCut = (_scan.Flags & DnsHeader.TC) != 0;
                _store.Remove(pending.Key, isCut ? _loop.NowMs : long.MaxValue);
            }

            Finish(pending, length, Rcode.NoError, AnsweredBy.Forward);
        }
        else
        {
            Finish(pending, _scan.End, Rcode.NoError, AnsweredBy.Forward);
        }
    }

    /// <summary>Changes the answer to a rewritten question in <see cref="_answer"/> into one to the clients' own
    /// question.</summary>
    /// <returns>false when another name has to be asked first, or when this has failed.</returns>
    private bool TryRestore(PendingQuery pending)
    {
        var rewritten = pending.Rewritten!;
        ReadOnlySpan<byte> answer = _answer.AsSpan(0, _scan.End);
        if (pending.FollowedReply is null && rewritten.CnameToFollow(answer) is { } target)
        {
            pending.Follow(target, answer, _scan.HasExpiredSignature);
            pending.Ask();
            return false;
        }
        var length = answer.Length;
        if (pending.FollowedReply is { } followed)
        {
            length = rewritten.MergeCname(followed, answer, Scratch);
            Scratch.AsSpan(0, length).CopyTo(_answer);
        }
        length = length == 0 ? 0 : rewritten.Restore(_answer.AsSpan(0, length), Scratch);
        if (length == 0 || length > _answer.Length
            || !_scan.TryReadRestored(Scratch.AsSpan(0, length), pending.QuestionEnd, pending.Qtype))
        {
            OnFailure(pending, UpstreamError.Malformed);
            return false;
        }
        _scan.HasExpiredSignature |= pending.FollowedExpiredSignature;
        Scratch.AsSpan(0, length).CopyTo(_answer);
        return true;
    }

    /// <summary>Upstream gave no answer: remembers the failure and _replies.</summary>
    public void OnFailure(PendingQuery pending, UpstreamError error)
    {
        var cache = pending.Zone.Block.Cache;
        if (cache is not null && !cache.Covers(pending.Name))
        {
            cache = null;
        }
        // Reaching our own limit, or stopping, does not mean that the name has failed.
        var isOwn = error is UpstreamError.TooManyConcurrent or UpstreamError.Stopped or UpstreamError.LocalLimit;
        var rcode = error == UpstreamError.TooManyConcurrent ? Rcode.Refused : Rcode.ServFail;
        pending.Zone.Block.Errors?.Failed(rcode, pending.Name, pending.Qtype,
            $"{pending.Zone.Block.Forwards[pending.Forward].To}: {UpstreamErrorText.Of(error)}");
        if (pending.Zone.Block.SearchCuts.Length > 0)
        {
            _cutLessons.OnFailure(pending);
        }

        if (cache is not null)
        {
            if (!isOwn)
            {
                StoreFailure(pending.Key, cache);
            }

            if (cache.Stale is not null && TryFinishStale(pending, cache, StaleChoice.Any))
            {
                return;
            }
        }
        Finish(pending, 0, rcode, AnsweredBy.Server);
    }

    /// <summary>Sends the waiting clients a stale answer, because a fresh one takes too long. The exchange goes
    /// on.</summary>
    public void OnStaleTimer(PendingQuery pending)
    {
        if (pending.Zone.Block.Cache is not { Stale: { } stale } cache)
        {
            return;
        }

        var length = FetchStale(pending, cache, StaleChoice.Any, out var flags);
        if (length == 0)
        {
            return;
        }
        // For clients that join this exchange later.
        _loop.Arm(pending, stale.VerifyTimeoutMs);
        Reply(_inFlight.TakeWaiters(pending), length, flags, Rcode.NoError, new ReplyOrigin(AnsweredBy.Cache, IsStale: true));
    }

    /// <summary>Which stale answer is preferred to the answer just read. Any, when the rcode is an error: RFC 8767
    /// section 4 counts only NOERROR and NXDOMAIN as answers. Only a positive one, when upstream now denies the name
    /// and the Corefile prefers positive answers. Otherwise none.</summary>
    private StaleChoice ChooseStale(CacheModel cache)
    {
        if (cache.Stale is not { } stale)
        {
            return StaleChoice.None;
        }

        if ((Rcode)_scan.Rcode is not (Rcode.NoError or Rcode.NXDomain))
        {
            return StaleChoice.Any;
        }

        var denies = !_scan.AnswersQtype && (_scan.Flags & DnsHeader.TC) == 0;
        return denies && stale.PreferPositive ? StaleChoice.Positive : StaleChoice.None;
    }

    /// <summary>Sends a stale answer to every waiting client if there is one, and notes the failure, so that upstream
    /// is not asked again for a while.</summary>
    private bool TryFinishStale(PendingQuery pending, CacheModel cache, StaleChoice choice)
    {
        if (choice == StaleChoice.None || FetchStale(pending, cache, choice, out var flags) is not (> 0 and var length))
        {
            return false;
        }

        StoreFailure(pending.Key, cache);
        Reply(Complete(pending), length, flags, Rcode.NoError, new ReplyOrigin(AnsweredBy.Cache, IsStale: true));
        Release(pending);
        return true;
    }

    /// <summary>Copies the stored answer, stale or not, into <see cref="_answer"/>.</summary>
    /// <returns>Its length; 0 when there is none, and then <see cref="_answer"/> is unchanged.</returns>
    private int FetchStale(PendingQuery pending, CacheModel cache, StaleChoice choice, out ushort flags)
    {
        var options = new GetOptions(_loop.NowMs, cache.StaleMs, cache.StaleTtlSeconds);
        var found = _store.TryGet(pending.Key, options, Scratch, pending.QuestionEnd, out var stored);
        flags = (ushort)(stored.HeaderFlags & ~DnsHeader.AA);
        if (found is not (GetOutcome.Stale or GetOutcome.Fresh)
            || choice == StaleChoice.Positive && stored.Kind != AnswerKind.Success)
        {
            return 0;
        }

        var length = pending.QuestionEnd + stored.RecordsLength;
        Scratch.AsSpan(0, length).CopyTo(_answer);
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
        var under = verdict.Kind == AnswerKind.Failure ? key.ForFailure() : key;
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

    /// <summary>RFC 9520: every failure is remembered, also a missing reply.</summary>
    private void StoreFailure(in AnswerKey key, CacheModel cache)
    {
        var ttl = cache.Stale is { RecheckSeconds: > 0 } stale ? stale.RecheckSeconds : cache.FailureTtlSeconds;
        if (ttl == 0)
        {
            return;
        }

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
        var origin = new ReplyOrigin(by, Upstream: pending.Upstream);
        Reply(Complete(pending), length, DnsHeader.Flags(_answer), rcode, origin);
        Release(pending);
    }

    private void Reply(Waiter? waiters, int length, ushort flags, Rcode rcode, in ReplyOrigin origin) =>
        _waiting.Reply(waiters, _answer.AsSpan(0, length), flags, rcode, origin);

    private Waiter? Complete(PendingQuery pending)
    {
        _loop.Cancel(pending);
        return _inFlight.Complete(pending);
    }
}
