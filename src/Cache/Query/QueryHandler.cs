using NodeDns.Cache.Plugins;
using NodeDns.Cache.Store;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>One worker's main path, from the octets of a query to its reply.</summary>
/// <remarks>
/// <code>
/// query ─▶ 1 parse ─▶ 2 zone ─▶ 3 steps before the cache ─▶ 4 look up ─ hit ─▶ 5 reply, inside the caller's batch
///                                                            │ miss
///          6 steps after the cache ◀─────────────────────────┘
///          7 join or start an exchange ─▶ Forwarder ─▶ 8 judge and store the answer ─▶ 9 reply to every waiter
/// </code>
/// This class does steps 1 to 5, which allocate nothing, take no lock and log nothing. The end of <see cref="Answer"/>
/// leads to steps 6 and 7 in <see cref="MissPath"/>. Step 8 is <see cref="AnswerPath"/>, step 9
/// <see cref="WaitingClients"/>. <see cref="Replies"/> finishes the replies that are ready at once. All members belong to
/// the loop's thread.
/// </remarks>
internal sealed class QueryHandler
{
    /// <summary>The largest message: TCP's length field has two octets (RFC 1035 section 4.2.2).</summary>
    public const int MaxMessage = ushort.MaxValue;

    private const int MinimumUdpSize = 512;

    /// <summary>Room for the options that rewrite sends. Only a much longer query than stub resolvers send, or very long
    /// rules, need more; then a lookup allocates.</summary>
    private const int MaxOptionsOnStack = 2048;

    private readonly EventLoop _loop;
    private readonly AnswerStore _store;
    private readonly Replies _replies;
    private readonly OwnQuestions _own;
    private readonly StepRunner _steps;
    private readonly WaitingClients _waiting;
    private readonly MissPath _misses;
    private readonly CopyTries _copyTries;
    private IForwarder[] _forwarders = [];

    /// <summary>For replies that may be too large for the caller's buffer before they are truncated.</summary>
    private readonly byte[] _scratch = ScratchBuffer.Allocate(MaxMessage + QueryEdns.EmptyOptLength);

    public QueryHandler(EventLoop loop, QueryShared shared)
    {
        _loop = loop;
        _store = shared.Store;
        Counters = shared.Registry.AttachWorker();
        _replies = new Replies(shared, Counters);
        _waiting = new WaitingClients(loop, _replies);
        _own = new OwnQuestions(Answer, _replies, _waiting);
        _steps = new StepRunner(_replies, _own);
        _misses = new MissPath(loop, shared, _replies, _steps, _own, _waiting);
        _copyTries = new CopyTries(_store);
    }

    /// <summary>This worker's counters, for other code on the same thread.</summary>
    public WorkerCounters Counters { get; }

    /// <summary>How many queries of this worker wait for upstream.</summary>
    public int PendingCount => _waiting.Count;

    /// <summary>Stopwatch ticks at the time the current messages were read. The listener sets this once for each
    /// batch.</summary>
    public long ReceivedTicks { get; set; }

    /// <summary>Uses these forwarders from now on. Exchanges that have begun keep theirs.</summary>
    /// <param name="forwarders">The forwarders, by <see cref="ForwardModel.Index"/>.</param>
    public void Use(IForwarder[] forwarders) => _forwarders = forwarders;

    /// <summary>Handles one message from a client.</summary>
    /// <param name="server">The listen address that it came to.</param>
    /// <param name="message">The message as it arrived, without TCP's length field.</param>
    /// <param name="to">Where to send a reply that is not ready at once.</param>
    /// <param name="reply">Room for the reply, at least 512 octets. A reply is never larger than this buffer.</param>
    public QueryOutcome Handle(ServerModel server, ReadOnlySpan<byte> message, in ReplyTo to, Span<byte> reply)
    {
        try
        {
            return Parse(server, message, to, reply);
        }
        catch (Exception bug)
        {
            // The message is used up: reply nothing.
            _replies.OnBug(bug);
            return QueryOutcome.Drop;
        }
    }

    private QueryOutcome Parse(ServerModel server, ReadOnlySpan<byte> message, in ReplyTo to, Span<byte> reply)
    {
        // Step 1: parse. Never answer a response, or two servers could send each other messages for ever.
        if (message.Length < DnsHeader.Length)
        {
            return QueryOutcome.Drop;
        }

        var flags = DnsHeader.Flags(message);
        if ((flags & DnsHeader.QR) != 0)
        {
            return QueryOutcome.Drop;
        }

        var needs = new ClientNeeds(
            DnsHeader.Id(message), flags, MinimumUdpSize, BlockModel.DefaultUdpSize, HasEdns: false, DnssecOk: false);
        if (DnsHeader.Opcode(flags) != Opcode.Query)
        {
            return Reject(server, message, to, reply, needs, Rcode.NotImp);
        }

        if (DnsHeader.QdCount(message) != 1 || !QuestionReader.TryRead(message, out var question)
            || !QueryEdns.TryRead(message, question.End, out var edns))
        {
            return Reject(server, message, to, reply, needs, Rcode.FormErr);
        }

        Span<byte> lower = stackalloc byte[DnsName.MaxLength];
        lower = lower[..question.Name.Length];
        DnsName.ToLower(question.Name, lower);

        // Step 2: find the zone.
        var zone = question.Type == Qtype.DS ? server.Zones.FindForDs(lower) : server.Zones.Find(lower);
        // We know nothing about other classes, but upstream may (CoreDNS forwards CH version.bind too).
        if (question.Class != Qclass.IN && zone?.Block.Forwards.Length == 0)
        {
            zone = null;
        }

        var udpSize = zone?.Block.UdpSize ?? BlockModel.DefaultUdpSize;
        var limit = to.IsTcp ? MaxMessage : Math.Clamp((int)edns.UdpSize, MinimumUdpSize, udpSize);
        needs = new ClientNeeds(
            needs.Id, flags, Math.Min(limit, reply.Length), udpSize, edns.IsPresent, edns.DnssecOk);
        var ownQuestion = message[DnsHeader.Length..question.End];
        if (edns.Version > 0)
        {
            return Reject(server, message, to, reply, needs, Rcode.BadVers, ownQuestion, question.Type);
        }

        if (zone is null || question.Type is Qtype.AXFR or Qtype.IXFR)
        {
            return Reject(server, message, to, reply, needs, Rcode.Refused, ownQuestion, question.Type);
        }

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
            Forwarders = _forwarders,
            ReceivedTicks = ReceivedTicks,
        };

        // Step 3: steps before the cache. dns64 may split the question in two, and each part then goes on by itself.
        var block = zone.Block;
        if (block.BeforeDns64.Length > 0 && _steps.TryAnswer(block.BeforeDns64, query, reply, out var outcome))
        {
            return outcome;
        }

        return block.Dns64 is { } dns64 && dns64.AppliesTo(query.ForPlugins())
            ? _own.AskForBoth(dns64, query, reply)
            : Answer(query, reply);
    }

    /// <summary>The rest of step 3, after dns64, to step 5. For a client's question or one of our own.</summary>
    private QueryOutcome Answer(in ClientQuery query, Span<byte> reply)
    {
        var block = query.Zone.Block;
        if (block.BeforeCache.Length > 0 && _steps.TryAnswer(block.BeforeCache, query, reply, out var outcome))
        {
            return outcome;
        }

        return block.Rewrite is { SendsOptions: true } rewrite
            ? AnswerWithOptions(rewrite, query, reply)
            : LookUp(query, [], reply);
    }

    /// <summary>Steps 4 and 5 where rewrite sends EDNS options of its own.</summary>
    private QueryOutcome AnswerWithOptions(RewriteRules rewrite, in ClientQuery query, Span<byte> reply)
    {
        Span<byte> room = stackalloc byte[MaxOptionsOnStack];
        var needed = rewrite.RoomForOptions(query.Message.Length);
        if (needed > MaxOptionsOnStack)
        {
            room = new byte[needed];
        }
        return LookUp(query, rewrite.WriteOptions(query.ForPlugins(), room), reply);
    }

    private QueryOutcome LookUp(in ClientQuery query, ReadOnlySpan<byte> sentOptions, Span<byte> reply)
    {
        // Step 4: look up.
        var block = query.Zone.Block;
        var cache = block.Cache;
        if (cache is not null && !cache.Covers(query.Name))
        {
            cache = null;
        }

        var key = new AnswerKey(
            query.Name, query.Type, query.Class, block.Scope.Number, query.KeyFlags, sentOptions);
        if (cache is not null)
        {
            var options = new GetOptions(_loop.NowMs, KeepTtl: cache.KeepTtl);
            var found = _store.TryGet(key, options, reply, query.QuestionEnd, out var stored);

            // Step 5: reply.
            if (found == GetOutcome.Fresh)
            {
                query.Zone.CacheMetrics?.Hit(Counters, stored.Kind == AnswerKind.Denial);
                var copies = _store.IsCopying ? query.Zone.Copies : null;
                var hits = cache.Prefetch is { } prefetch ? _misses.MaybePrefetch(query, key, stored, prefetch)
                    : copies is null ? 0
                    : _store.CountHit(stored, _loop.NowMs, ZoneCopies.WindowSeconds);
                if (copies is not null)
                {
                    _copyTries.Note(copies, key, stored, hits, _loop.NowMs);
                }

                return _replies.FromStore(query, stored, reply);
            }
            if (found == GetOutcome.TooLarge && TryFromLargeEntry(query, key, options, reply, out var outcome))
            {
                return outcome;
            }
        }
        return _misses.Begin(query, key, cache, reply);
    }

    /// <summary>Handles a stored answer that is larger than the client accepts: copies it whole, then truncates
    /// it.</summary>
    private bool TryFromLargeEntry(in ClientQuery query, in AnswerKey key, in GetOptions options, Span<byte> reply,
        out QueryOutcome outcome)
    {
        outcome = default;
        if (_store.TryGet(key, options, _scratch, query.QuestionEnd, out var stored) != GetOutcome.Fresh)
        {
            return false;
        }

        query.Zone.CacheMetrics?.Hit(Counters, stored.Kind == AnswerKind.Denial);
        outcome = _replies.FromStore(query, stored, _scratch);
        _scratch.AsSpan(0, outcome.Length).CopyTo(reply);
        return true;
    }

    /// <summary>Refuses a query that no zone takes. It is counted for the server only.</summary>
    private QueryOutcome Reject(ServerModel server, ReadOnlySpan<byte> message, in ReplyTo to, Span<byte> reply,
        in ClientNeeds needs, Rcode rcode, ReadOnlySpan<byte> question = default, Qtype qtype = default)
    {
        var length = ReplyFinish.Empty(reply, question, needs, rcode);
        _replies.Ledger.NoteDropped(server, message, to, needs, question, qtype, ReceivedTicks, reply[..length]);
        return QueryOutcome.Reply(length);
    }
}
