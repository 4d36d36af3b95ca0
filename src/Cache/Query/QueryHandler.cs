using NodeDns.Cache.Store;
using NodeDns.Dns.Wire;
using NodeDns.Linux.Loop;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>One worker's main path, from a query's octets to its reply.</summary>
/// <remarks>
/// <code>
/// query ─▶ 1 parse ─▶ 2 zone ─▶ 3 steps before the cache ─▶ 4 look up ─ hit ─▶ 5 reply, inside the caller's batch
///                                                            │ miss
///          6 steps after the cache ◀─────────────────────────┘
///          7 join or start an exchange ─▶ Forwarder ─▶ 8 judge and store the answer ─▶ 9 reply to every waiter
/// </code>
/// Steps 1 to 5 are here; they allocate nothing, take no lock and log nothing. The fork to 6 is at the end of
/// <see cref="Answer"/>; 6 and 7 are <see cref="MissPath"/>, 8 is <see cref="AnswerPath"/>, 9
/// <see cref="WaitingClients"/>; replies that are ready at once leave through <see cref="Replies"/>. All members belong to
/// the loop's thread.
/// </remarks>
internal sealed class QueryHandler
{
    /// <summary>The largest message (RFC 1035 section 4.2.2: two octets of length).</summary>
    public const int MaxMessage = ushort.MaxValue;

    private const int MinimumUdpSize = 512;

    /// <summary>Options that rewrite sends are rarely longer.</summary>
    private const int MaxOptionsOnStack = 2048;

    private readonly EventLoop _loop;
    private readonly AnswerStore _store;
    private readonly Replies _replies;
    private readonly OwnQuestions _own;
    private readonly StepRunner _steps;
    private readonly WaitingClients _waiting;
    private readonly MissPath _misses;
    private IForwarder[] _forwarders = [];

    /// <summary>A reply that may be too large for the caller's buffer until it has been cut.</summary>
    private readonly byte[] _scratch = new byte[MaxMessage + QueryEdns.EmptyOptLength];

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
    }

    /// <summary>This worker's counters, for what runs on the same thread.</summary>
    public WorkerCounters Counters { get; }

    /// <summary>Queries of this worker that wait for upstream.</summary>
    public int PendingCount => _waiting.Count;

    /// <summary>Stopwatch ticks when the messages now handed in were read; the listener sets it once a batch.</summary>
    public long ReceivedTicks { get; set; }

    /// <summary>Uses other forwarders from now on; exchanges under way finish with theirs.</summary>
    /// <param name="forwarders">By <see cref="ForwardModel.Index"/>.</param>
    public void Use(IForwarder[] forwarders) => _forwarders = forwarders;

    /// <summary>Deals with one message from a client.</summary>
    /// <param name="server">The listen address it came to.</param>
    /// <param name="message">As it arrived, without TCP's length.</param>
    /// <param name="to">Where a reply goes that is not ready at once.</param>
    /// <param name="reply">At least 512 octets; a reply is at most that large.</param>
    public QueryOutcome Handle(ServerModel server, ReadOnlySpan<byte> message, in ReplyTo to, Span<byte> reply)
    {
        try
        {
            return Parse(server, message, to, reply);
        }
        catch (Exception bug)
        {
            // The message is consumed.
            _replies.OnBug(bug);
            return QueryOutcome.Drop;
        }
    }

    private QueryOutcome Parse(ServerModel server, ReadOnlySpan<byte> message, in ReplyTo to, Span<byte> reply)
    {
        // 1. Parse. A response is never answered: two servers would talk for ever.
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

        // 2. Zone.
        var zone = question.Type == Qtype.DS ? server.Zones.FindForDs(lower) : server.Zones.Find(lower);
        // Of other classes we know nothing; upstream may (CoreDNS forwards CH version.bind too).
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

        // 3. Steps before the cache. dns64 makes one question two, and each goes on by itself.
        var block = zone.Block;
        if (block.BeforeDns64.Length > 0 && _steps.TryAnswer(block.BeforeDns64, query, reply, out var outcome))
        {
            return outcome;
        }

        return block.Dns64 is { } dns64 && dns64.AppliesTo(query.ForPlugins())
            ? _own.AskForBoth(dns64, query, reply)
            : Answer(query, reply);
    }

    /// <summary>Steps 3, behind dns64, to 5, for a client's question or one of our own.</summary>
    private QueryOutcome Answer(in ClientQuery query, Span<byte> reply)
    {
        var block = query.Zone.Block;
        if (block.BeforeCache.Length > 0 && _steps.TryAnswer(block.BeforeCache, query, reply, out var outcome))
        {
            return outcome;
        }

        // 4. Look up.
        var cache = block.Cache;
        if (cache is not null && !cache.Covers(query.Name))
        {
            cache = null;
        }

        var room = block.Rewrite?.RoomForOptions(query.Message.Length) ?? 0;
        var optionRoom = room <= MaxOptionsOnStack ? stackalloc byte[room] : new byte[room];
        var sentOptions = room == 0 ? [] : block.Rewrite!.WriteOptions(query.ForPlugins(), optionRoom);
        var key = new AnswerKey(
            query.Name, query.Type, query.Class, block.Scope.Number, query.KeyFlags, sentOptions);
        if (cache is not null)
        {
            var options = new GetOptions(_loop.NowMs, KeepTtl: cache.KeepTtl);
            var found = _store.TryGet(key, options, reply, query.QuestionEnd, out var stored);

            // 5. Reply.
            if (found == GetOutcome.Fresh)
            {
                query.Zone.CacheMetrics?.Hit(Counters, stored.Kind == AnswerKind.Denial);
                if (cache.Prefetch is { } prefetch)
                {
                    _misses.MaybePrefetch(query, key, stored, prefetch);
                }

                return _replies.FromStore(query, stored, reply);
            }
            if (found == GetOutcome.TooLarge && TryFromLargeEntry(query, key, options, reply, out outcome))
            {
                return outcome;
            }
        }
        return _misses.Begin(query, key, cache, reply);
    }

    /// <summary>A stored answer that does not fit what the client takes: cut from a whole copy.</summary>
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

    /// <summary>For what no zone has taken: counted under the server alone.</summary>
    private QueryOutcome Reject(ServerModel server, ReadOnlySpan<byte> message, in ReplyTo to, Span<byte> reply,
        in ClientNeeds needs, Rcode rcode, ReadOnlySpan<byte> question = default, Qtype qtype = default)
    {
        var length = ReplyFinish.Empty(reply, question, needs, rcode);
        _replies.Ledger.NoteDropped(server, message, to, needs, qtype, ReceivedTicks, reply[..length]);
        return QueryOutcome.Reply(length);
    }
}
