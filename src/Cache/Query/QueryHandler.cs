using System.Diagnostics;
using Microsoft.Extensions.Logging;
using NodeDns.Cache.Interop.Linux;
using NodeDns.Cache.Loop;
using NodeDns.Cache.Plugins;
using NodeDns.Cache.Store;
using NodeDns.Cache.Telemetry;
using NodeDns.Cache.Upstream;
using NodeDns.Cache.Wire;

namespace NodeDns.Cache.Query;

/// <summary>One worker's main path, from a query's octets to its reply.</summary>
/// <remarks>
/// <code>
/// query ─▶ 1 parse ─▶ 2 zone ─▶ 3 steps before the cache ─▶ 4 look up ─ hit ─▶ 5 reply, inside the caller's batch
///                                                            │ miss
///          6 steps after the cache ◀─────────────────────────┘
///          7 join or start an exchange ─▶ Forwarder ─▶ 8 judge and store the answer ─▶ 9 reply to every waiter
/// </code>
/// Steps 1 to 5 allocate nothing, take no lock and log nothing. From 7 on everything is a callback on this worker's loop.
/// All members belong to the loop's thread.
/// </remarks>
public sealed class QueryHandler
{
    /// <summary>The largest message (RFC 1035 section 4.2.2: two octets of length).</summary>
    public const int MaxMessage = ushort.MaxValue;

    private const int MinimumUdpSize = 512;

    private readonly EventLoop _loop;
    private readonly AnswerStore _store;
    private readonly InFlightTable _inFlight;
    private readonly WorkerCounters _counters;
    private readonly ILogger _log;
    private readonly int _panics;
    private readonly int _coalesced;
    private readonly ClientLimit _limit = new();
    private readonly AnswerScan _scan = new();
    private readonly Stack<Waiter> _waiters = new();
    private readonly Stack<PendingQuery> _pending = new();

    /// <summary>The answer being dealt with: a message without OPT.</summary>
    private readonly byte[] _answer = new byte[MaxMessage];

    /// <summary>The reply being built for a waiter, or a stored answer too large for the caller's buffer.</summary>
    private readonly byte[] _scratch = new byte[MaxMessage + QueryEdns.EmptyOptLength];

    private IForwarder[] _forwarders = [];

    public QueryHandler(EventLoop loop, QueryShared shared)
    {
        _loop = loop;
        _store = shared.Store;
        _inFlight = shared.InFlight;
        _log = shared.Log;
        _panics = shared.Registry.Counter(MetricNames.Panics, MetricNames.PanicsHelp);
        _coalesced = shared.Registry.Counter(MetricNames.Coalesced, MetricNames.CoalescedHelp);
        _counters = shared.Registry.AttachWorker();
    }

    /// <summary>This worker's counters, for what runs on the same thread.</summary>
    public WorkerCounters Counters => _counters;

    /// <summary>Queries that wait for upstream, of this worker.</summary>
    public int PendingCount { get; private set; }

    /// <summary>Stopwatch ticks when the messages now handed in were read; the listener sets it once a batch.</summary>
    public long ReceivedTicks { get; set; }

    /// <summary>Uses other forwarders from now on; exchanges under way finish with theirs.</summary>
    /// <param name="forwarders">By <see cref="ForwardModel.Index"/>.</param>
    public void Use(IForwarder[] forwarders) => _forwarders = forwarders;

    /// <summary>Deals with one message from a client.</summary>
    /// <param name="server">The listen address it came to.</param>
    /// <param name="reply">At least 512 octets; a UDP reply is at most that large.</param>
    public QueryOutcome Handle(ServerModel server, ReadOnlySpan<byte> message, in ReplyTo to, Span<byte> reply)
    {
        try
        {
            return Parse(server, message, to, reply);
        }
        catch (Exception bug)
        {
            // The message is consumed: a query that finds a bug costs its own answer, not the process.
            OnBug(bug);
            return QueryOutcome.Drop;
        }
    }

    private QueryOutcome Parse(ServerModel server, ReadOnlySpan<byte> message, in ReplyTo to, Span<byte> reply)
    {
        // 1. Parse. A response is never answered: two servers would talk for ever.
        if (message.Length < DnsHeader.Length) return QueryOutcome.Drop;
        ushort flags = DnsHeader.Flags(message);
        if ((flags & DnsHeader.QR) != 0) return QueryOutcome.Drop;
        var needs = new ClientNeeds(
            DnsHeader.Id(message), flags, MinimumUdpSize, BlockModel.DefaultUdpSize, HasEdns: false, DnssecOk: false);
        if (DnsHeader.Opcode(flags) != Opcode.Query) return Reject(server, message, to, reply, needs, Rcode.NotImp);
        if (DnsHeader.QdCount(message) != 1 || !QuestionReader.TryRead(message, out QuestionReader question)
            || !QueryEdns.TryRead(message, question.End, out QueryEdns edns))
            return Reject(server, message, to, reply, needs, Rcode.FormErr);

        Span<byte> lower = stackalloc byte[DnsName.MaxLength];
        lower = lower[..question.Name.Length];
        DnsName.ToLower(question.Name, lower);

        // 2. Zone.
        ZoneModel? zone = question.Type == Qtype.DS ? server.Zones.FindForDs(lower) : server.Zones.Find(lower);
        // Of other classes we know nothing; upstream may (CoreDNS forwards CH version.bind too).
        if (question.Class != Qclass.IN && zone?.Block.Forwards.Length == 0) zone = null;
        ushort udpSize = zone?.Block.UdpSize ?? BlockModel.DefaultUdpSize;
        needs = new ClientNeeds(
            needs.Id,
            flags,
            to.Sink.IsTcp ? Math.Min(MaxMessage, reply.Length)
                : Math.Min(Math.Clamp((int)edns.UdpSize, MinimumUdpSize, Math.Max(udpSize, (ushort)MinimumUdpSize)), reply.Length),
            udpSize,
            edns.IsPresent,
            edns.DnssecOk);
        ReadOnlySpan<byte> ownQuestion = message[DnsHeader.Length..question.End];
        if (edns.Version > 0) return Reject(server, message, to, reply, needs, Rcode.BadVers, ownQuestion, question.Type);
        if (zone is null || question.Type is Qtype.AXFR or Qtype.IXFR)
            return Reject(server, message, to, reply, needs, Rcode.Refused, ownQuestion, question.Type);

        var query = new ClientQuery(in to)
        {
            Message = message,
            Question = ownQuestion,
            Name = lower,
            Type = question.Type,
            Class = question.Class,
            Needs = needs,
            Server = server,
            Zone = zone,
            ReceivedTicks = ReceivedTicks,
        };
        return Answer(query, reply);
    }

    private QueryOutcome Answer(in ClientQuery query, Span<byte> reply)
    {
        BlockModel block = query.Zone.Block;

        // 3. Steps before the cache.
        if (block.BeforeCache.Length > 0 && AskPlugins(block.BeforeCache, query, reply, out QueryOutcome outcome))
            return outcome;

        // 4. Look up.
        CacheModel? cache = block.Cache;
        if (cache is not null && !cache.Covers(query.Name)) cache = null;
        var key = new AnswerKey(query.Name, query.Type, query.Class, cache?.Scope ?? block.Scope, query.KeyFlags);
        if (cache is null) return Miss(query, key, null, reply);
        var options = new GetOptions(_loop.NowMs, 0, 0, cache.KeepTtl);
        GetOutcome found = _store.TryGet(key, options, reply, query.QuestionEnd, out StoredAnswer stored);

        // 5. Reply.
        if (found == GetOutcome.Fresh)
        {
            query.Zone.CacheMetrics?.Hit(_counters, stored.Kind == AnswerKind.Denial);
            if (cache.Prefetch is { } prefetch) MaybePrefetch(query, key, stored, prefetch);
            return Hit(query, stored, reply);
        }
        if (found == GetOutcome.TooLarge) return HitTooLarge(query, key, options, reply);
        return Miss(query, key, cache, reply);
    }

    private QueryOutcome Hit(in ClientQuery query, in StoredAnswer stored, Span<byte> reply)
    {
        ReplyFinish.Begin(reply, query.Question, query.Needs, (ushort)(stored.HeaderFlags & ~DnsHeader.AA));
        int length = query.QuestionEnd + stored.RecordsLength;
        length = ReplyFinish.End(reply, length, query.QuestionEnd, query.Needs, query.Zone.Block.Filters);
        return Done(query, reply, length, AnsweredBy.Cache);
    }

    /// <summary>A stored answer that does not fit what the client takes: cut from a whole copy.</summary>
    private QueryOutcome HitTooLarge(in ClientQuery query, in AnswerKey key, in GetOptions options, Span<byte> reply)
    {
        GetOutcome found = _store.TryGet(key, options, _scratch, query.QuestionEnd, out StoredAnswer stored);
        if (found != GetOutcome.Fresh) return Miss(query, key, query.Zone.Block.Cache, reply);
        query.Zone.CacheMetrics?.Hit(_counters, stored.Kind == AnswerKind.Denial);
        QueryOutcome outcome = Hit(query, stored, _scratch);
        _scratch.AsSpan(0, outcome.Length).CopyTo(reply);
        return outcome;
    }

    private QueryOutcome Miss(in ClientQuery query, in AnswerKey key, CacheModel? cache, Span<byte> reply)
    {
        BlockModel block = query.Zone.Block;
        Rcode failure = Rcode.NoError;
        bool failedLately = cache is not null && FailedLately(key, out failure);
        if (cache?.Stale is { } stale && (failedLately || !stale.Verify || IsKnownDead(query)))
        {
            if (TryStale(query, key, cache, reply, out QueryOutcome served))
            {
                if (!failedLately) Refresh(query, key);
                return served;
            }
        }
        if (failedLately)
        {
            query.Zone.CacheMetrics?.Hit(_counters, denial: true);
            return Done(query, reply, ReplyFinish.Empty(reply, query.Question, query.Needs, failure),
                AnsweredBy.Cache);
        }
        if (cache is not null) query.Zone.CacheMetrics?.Miss(_counters);

        // 6. Steps after the cache.
        if (block.AfterCache.Length > 0 && AskPlugins(block.AfterCache, query, reply, out QueryOutcome outcome))
            return outcome;

        // 7. Join or start an exchange.
        if (NextForward(block, query.Name, 0) is var forward && forward < 0)
        {
            if (block.AfterForward.Length > 0 && AskPlugins(block.AfterForward, query, reply, out outcome)) return outcome;
            return Reject(query, reply, Rcode.ServFail);
        }
        int slot = _limit.Enter(query.To.Client);
        if (slot < 0) return Reject(query, reply, Rcode.Refused);
        Waiter waiter = _waiters.TryPop(out Waiter? pooled) ? pooled : new Waiter(this);
        waiter.Set(query, slot);
        JoinOutcome joined = Start(query, key, waiter, forward);
        if (joined == JoinOutcome.Full)
        {
            Release(waiter);
            return Reject(query, reply, Rcode.Refused);
        }
        if (joined == JoinOutcome.Joined) _counters.Increment(_coalesced);
        PendingCount++;
        return QueryOutcome.Pending;
    }

    /// <summary>Asks upstream for a question unless that is under way already.</summary>
    private JoinOutcome Start(in ClientQuery query, in AnswerKey key, Waiter? waiter, int forward)
    {
        PendingQuery pending = _pending.TryPop(out PendingQuery? pooled) ? pooled : new PendingQuery(this);
        bool overTcp = query.IsTcp && query.Zone.Block.Forwards[forward].FollowsClient;
        pending.Set(query, key, overTcp);
        pending.Forward = forward;
        JoinOutcome joined = _inFlight.Join(key, overTcp, waiter, pending);
        if (joined != JoinOutcome.Started)
        {
            Release(pending);
            return joined;
        }
        if (waiter is not null && query.Zone.Block.Cache?.Stale is { Verify: true, VerifyTimeoutMs: > 0 } stale)
            _loop.Arm(pending, stale.VerifyTimeoutMs);
        ForwarderOf(pending).Forward(pending.Query, pending.OverTcp, pending);
        return joined;
    }

    private void Refresh(in ClientQuery query, in AnswerKey key)
    {
        if (NextForward(query.Zone.Block, query.Name, 0) is var forward && forward >= 0) Start(query, key, null, forward);
    }

    private void MaybePrefetch(in ClientQuery query, in AnswerKey key, in StoredAnswer stored, PrefetchModel prefetch)
    {
        int hits = _store.CountHit(stored, _loop.NowMs, prefetch.WindowSeconds);
        if (hits < prefetch.Amount || !prefetch.IsDue(stored.TtlSeconds, stored.RemainingSeconds(_loop.NowMs))) return;
        if (FailedLately(key, out _)) return;
        if (NextForward(query.Zone.Block, query.Name, 0) is var forward && forward >= 0
            && Start(query, key, null, forward) == JoinOutcome.Started)
            query.Zone.CacheMetrics?.Prefetch(_counters);
    }

    /// <param name="failure">What upstream said: SERVFAIL, which also stands for no answer at all, or NOTIMP.</param>
    private bool FailedLately(in AnswerKey key, out Rcode failure)
    {
        GetOutcome found = _store.TryGet(
            key.ForFailure(), new GetOptions(_loop.NowMs), _scratch, DnsHeader.Length, out StoredAnswer stored);
        failure = (Rcode)(stored.HeaderFlags & DnsHeader.RcodeMask);
        return found == GetOutcome.Fresh;
    }

    private bool TryStale(in ClientQuery query, in AnswerKey key, CacheModel cache, Span<byte> reply,
        out QueryOutcome outcome)
    {
        outcome = default;
        var options = new GetOptions(_loop.NowMs, cache.StaleMs, cache.StaleTtlSeconds);
        GetOutcome found = _store.TryGet(key, options, _scratch, query.QuestionEnd, out StoredAnswer stored);
        if (found is not (GetOutcome.Stale or GetOutcome.Fresh)) return false;
        query.Zone.CacheMetrics?.Hit(_counters, stored.Kind == AnswerKind.Denial);
        query.Zone.CacheMetrics?.ServedStale(_counters);
        outcome = Hit(query, stored, _scratch);
        _scratch.AsSpan(0, outcome.Length).CopyTo(reply);
        return true;
    }

    private bool IsKnownDead(in ClientQuery query)
    {
        int forward = NextForward(query.Zone.Block, query.Name, 0);
        return forward >= 0 && _forwarders[query.Zone.Block.Forwards[forward].Index].IsKnownDead;
    }

    private static int NextForward(BlockModel block, ReadOnlySpan<byte> name, int from)
    {
        for (int i = from; i < block.Forwards.Length; i++)
            if (block.Forwards[i].Takes(name))
                return i;
        return -1;
    }

    private IForwarder ForwarderOf(PendingQuery pending) =>
        _forwarders[pending.Zone.Block.Forwards[pending.Forward].Index];

    /// <summary>8. Judges and stores the answer.</summary>
    internal void OnAnswer(PendingQuery pending, ReadOnlySpan<byte> message)
    {
        ForwardModel asked = pending.Zone.Block.Forwards[pending.Forward];
        if (ReplyCheck.WantsNext(asked.Options, message)
            && NextForward(pending.Zone.Block, pending.Name, pending.Forward + 1) is var next && next >= 0)
        {
            pending.Forward = next;
            ForwarderOf(pending).Forward(pending.Query, pending.OverTcp, pending);
            return;
        }

        int questionEnd = pending.QuestionEnd;
        if (message.Length < questionEnd || !_scan.TryRead(message, questionEnd, pending.Qtype))
        {
            OnFailure(pending, UpstreamError.Malformed);
            return;
        }
        message[.._scan.End].CopyTo(_answer);
        int length = _scan.End;
        if (pending.Zone.Block.Cache is { } cache && cache.Covers(pending.Name))
        {
            CacheVerdict? verdict = CacheRules.Judge(_scan, cache, pending.Name);
            if (WantsStaleInstead(verdict, cache) && TryFinishStale(pending, cache, verdict)) return;
            _scan.Rewrite(_answer, verdict?.TtlSeconds);
            if (verdict is { TtlSeconds: > 0 } kept) Store(pending.Key, kept, _answer.AsSpan(0, length), questionEnd);
        }
        else _scan.Rewrite(_answer, null);
        Finish(pending, length, Rcode.NoError, AnsweredBy.Forward);
    }

    /// <summary>Upstream gave no answer: 8 and 9 for failures.</summary>
    internal void OnFailure(PendingQuery pending, UpstreamError error)
    {
        CacheModel? cache = pending.Zone.Block.Cache;
        if (cache is not null && !cache.Covers(pending.Name)) cache = null;
        // Being at our own limit, or stopping, says nothing about the name.
        bool isOwn = error is UpstreamError.TooManyConcurrent or UpstreamError.Stopped or UpstreamError.LocalLimit;
        if (cache is not null)
        {
            if (!isOwn) StoreFailure(pending.Key, cache);
            if (cache.Stale is not null && TryFinishStale(pending, cache, null)) return;
        }
        Finish(pending, 0, error == UpstreamError.TooManyConcurrent ? Rcode.Refused : Rcode.ServFail, AnsweredBy.Server);
    }

    /// <summary>Those who wait have waited long enough for a verified answer; the exchange goes on without them.</summary>
    internal void OnStaleTimer(PendingQuery pending)
    {
        if (pending.Zone.Block.Cache is not { Stale: { } stale } cache) return;
        int length = FetchStale(pending, cache, out ushort flags);
        if (length == 0) return;
        // For those who join the same exchange from now on.
        _loop.Arm(pending, stale.VerifyTimeoutMs);
        Reply(pending, _inFlight.TakeWaiters(pending), length, flags, Rcode.NoError, AnsweredBy.Cache, isStale: true);
    }

    private static bool WantsStaleInstead(CacheVerdict? verdict, CacheModel cache) =>
        cache.Stale is { } stale
        && (verdict is { Kind: AnswerKind.Failure } || verdict is null
            || stale.PreferPositive && verdict is { Kind: AnswerKind.Denial });

    /// <summary>Serves every waiter a stale answer, if there is one; a failure is remembered so that upstream is left
    /// alone for a while.</summary>
    private bool TryFinishStale(PendingQuery pending, CacheModel cache, CacheVerdict? verdict)
    {
        int length = FetchStale(pending, cache, out ushort flags);
        if (length == 0) return false;
        if (verdict is { Kind: AnswerKind.Denial })
        {
            // Only a positive answer is preferred to a denial; an old denial is not.
            if (!IsPositive(length, pending.QuestionEnd)) return false;
            StoreFailure(pending.Key, cache);
        }
        else if (verdict is { Kind: AnswerKind.Failure }) StoreFailure(pending.Key, cache);
        Release(pending, out Waiter? waiters);
        Reply(pending, waiters, length, flags, Rcode.NoError, AnsweredBy.Cache, isStale: true);
        Release(pending);
        return true;
    }

    private bool IsPositive(int length, int questionEnd) =>
        length > questionEnd && DnsHeader.AnCount(_answer) > 0 && DnsHeader.Rcode(_answer) == Rcode.NoError;

    private int FetchStale(PendingQuery pending, CacheModel cache, out ushort flags)
    {
        var options = new GetOptions(_loop.NowMs, cache.StaleMs, cache.StaleTtlSeconds);
        GetOutcome found = _store.TryGet(pending.Key, options, _answer, pending.QuestionEnd, out StoredAnswer stored);
        flags = (ushort)(stored.HeaderFlags & ~DnsHeader.AA);
        if (found is not (GetOutcome.Stale or GetOutcome.Fresh)) return 0;
        DnsHeader.SetFlags(_answer, flags);
        return pending.QuestionEnd + stored.RecordsLength;
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
        Release(pending, out Waiter? waiters);
        Reply(pending, waiters, length, length > 0 ? DnsHeader.Flags(_answer) : (ushort)0, rcode, by, isStale: false);
        Release(pending);
    }

    /// <summary>9. Replies to every waiter: this worker's at once, another's on its own loop.</summary>
    private void Reply(PendingQuery pending, Waiter? waiters, int length, ushort flags, Rcode rcode, AnsweredBy by,
        bool isStale)
    {
        byte[]? copy = null;
        while (waiters is { } waiter)
        {
            waiters = waiter.Next;
            waiter.Next = null;
            if (waiter.Handler == this)
            {
                ReplyOwn(waiter, _answer.AsSpan(0, length), flags, rcode, by, isStale);
                continue;
            }
            byte[] answer = copy ??= _answer.AsSpan(0, length).ToArray();
            waiter.Handler._loop.Post(() => waiter.Handler.ReplyOwn(waiter, answer, flags, rcode, by, isStale));
        }
    }

    private void ReplyOwn(Waiter waiter, ReadOnlySpan<byte> answer, ushort flags, Rcode rcode, AnsweredBy by, bool isStale)
    {
        PendingCount--;
        int length;
        if (answer.IsEmpty) length = ReplyFinish.Empty(_scratch, waiter.Question, waiter.Needs, rcode);
        else
        {
            int questionEnd = DnsHeader.Length + waiter.Question.Length;
            answer.CopyTo(_scratch);
            ReplyFinish.Begin(_scratch, waiter.Question, waiter.Needs, flags);
            length = ReplyFinish.End(_scratch, answer.Length, questionEnd, waiter.Needs, waiter.Zone.Block.Filters);
        }
        if (isStale) waiter.Zone.CacheMetrics?.ServedStale(_counters);
        Count(waiter.Zone.Metrics, waiter.To, waiter.Qtype, waiter.Needs, waiter.RequestSize, waiter.ReceivedTicks,
            _scratch.AsSpan(0, length), by);
        waiter.To.Sink.Reply(waiter.To, _scratch.AsSpan(0, length));
        Release(waiter);
    }

    /// <summary>Asks steps in order until one has dealt with the query.</summary>
    /// <returns>false when none has.</returns>
    private bool AskPlugins(IQueryPlugin[] plugins, in ClientQuery query, Span<byte> reply, out QueryOutcome outcome)
    {
        PluginQuery forPlugins = query.ForPlugins();
        foreach (IQueryPlugin plugin in plugins)
        {
            var writer = new ReplyWriter(_scratch.AsSpan(0, MaxMessage), query.Message, query.QuestionEnd);
            switch (plugin.Handle(forPlugins, ref writer))
            {
                case PluginVerdict.Answered:
                    outcome = FromPlugin(query, writer.Length, reply, PluginNames.AnsweredBy(plugin));
                    return true;
                case PluginVerdict.Drop:
                    outcome = QueryOutcome.Drop;
                    return true;
            }
        }
        outcome = default;
        return false;
    }

    private QueryOutcome FromPlugin(in ClientQuery query, int length, Span<byte> reply, AnsweredBy by)
    {
        ushort flags = DnsHeader.Flags(_scratch);
        ReplyFinish.Begin(_scratch, query.Question, query.Needs, flags);
        length = ReplyFinish.End(_scratch, length, query.QuestionEnd, query.Needs, query.Zone.Block.Filters);
        _scratch.AsSpan(0, length).CopyTo(reply);
        return Done(query, reply, length, by);
    }

    private QueryOutcome Done(in ClientQuery query, Span<byte> reply, int length, AnsweredBy by)
    {
        Count(query.Zone.Metrics, query.To, query.Type, query.Needs, query.Message.Length, query.ReceivedTicks,
            reply[..length], by);
        return QueryOutcome.Reply(length);
    }

    private QueryOutcome Reject(in ClientQuery query, Span<byte> reply, Rcode rcode) =>
        Done(query, reply, ReplyFinish.Empty(reply, query.Question, query.Needs, rcode), AnsweredBy.Server);

    /// <summary>For what no zone has taken: counted under the server alone.</summary>
    private QueryOutcome Reject(ServerModel server, ReadOnlySpan<byte> message, in ReplyTo to, Span<byte> reply,
        in ClientNeeds needs, Rcode rcode, ReadOnlySpan<byte> question = default, Qtype qtype = default)
    {
        int length = ReplyFinish.Empty(reply, question, needs, rcode);
        Count(server.Dropped, to, qtype, needs, message.Length, ReceivedTicks, reply[..length], AnsweredBy.Server);
        return QueryOutcome.Reply(length);
    }

    private void Count(ServerMetrics metrics, in ReplyTo to, Qtype qtype, in ClientNeeds needs, int requestSize,
        long receivedTicks, ReadOnlySpan<byte> reply, AnsweredBy by)
    {
        long nanoseconds = (Stopwatch.GetTimestamp() - receivedTicks) * (1_000_000_000 / Stopwatch.Frequency);
        metrics.Count(
            _counters,
            to.Sink.IsTcp,
            to.Client.Family == SocketAddress.FamilyIPv6,
            (ushort)qtype,
            needs.DnssecOk,
            requestSize,
            (int)DnsHeader.Rcode(reply),
            by,
            reply.Length,
            nanoseconds);
    }

    private void OnBug(Exception bug)
    {
        _counters.Increment(_panics);
        _log.Panicked(bug, "a query");
    }

    private void Release(PendingQuery pending, out Waiter? waiters)
    {
        _loop.Cancel(pending);
        waiters = _inFlight.Complete(pending);
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
