using NodeDns.Cache.Plugins;
using NodeDns.Cache.Store;
using NodeDns.Dns.Wire;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>Finishes, counts and logs the replies that are ready at once, whichever step wrote them. There is one for
/// each worker.</summary>
internal sealed class Replies(QueryShared shared, WorkerCounters counters)
{
    private readonly int _panics = shared.Registry.Counter(MetricNames.Panics, MetricNames.PanicsHelp);

    public ReplyLedger Ledger { get; } = new(counters, shared.Taps.Attach(), shared.Talkers.Attach());

    public WorkerCounters Counters => counters;

    /// <summary>Finishes a stored answer, whose counts and records the store has already copied into the
    /// reply.</summary>
    public QueryOutcome FromStore(in ClientQuery query, in StoredAnswer stored, Span<byte> reply, bool isStale = false)
    {
        ReplyFinish.Begin(reply, query.Question, query.Needs, (ushort)(stored.HeaderFlags & ~DnsHeader.AA));
        var length = query.QuestionEnd + stored.RecordsLength;
        length = ReplyFinish.End(reply, length, query.QuestionEnd, query.Needs, query.Zone.Block.Filters);
        return Done(query, reply, length, new ReplyOrigin(AnsweredBy.Cache, isStale));
    }

    /// <summary>Finishes a denial that search_cut has written.</summary>
    public QueryOutcome FromCut(in ClientQuery query, Span<byte> written, int length, Span<byte> reply)
    {
        length = ReplyFinish.End(written, length, query.QuestionEnd, query.Needs, query.Zone.Block.Filters);
        written[..length].CopyTo(reply);
        return Done(query, reply, length, new ReplyOrigin(AnsweredBy.Cache, IsCut: true));
    }

    /// <summary>Finishes a reply that a step has written.</summary>
    public QueryOutcome FromPlugin(in ClientQuery query, Span<byte> written, int length, Span<byte> reply, AnsweredBy by)
    {
        Span<byte> room = stackalloc byte[ExtendedErrorOption.LengthOnStack];
        var options = ExtendedErrorOption.Take(written, ref length, query.QuestionEnd, room);
        ReplyFinish.Begin(written, query.Question, query.Needs, DnsHeader.Flags(written));
        length = ReplyFinish.End(written, length, query.QuestionEnd, query.Needs, query.Zone.Block.Filters);
        if (query.Needs.HasEdns)
        {
            length = ExtendedErrorOption.Put(written, length, options, query.Needs.Limit);
        }
        // For our own question: the exchange that asked takes the options off again.
        else if (query.To.IsInternal)
        {
            length = ExtendedErrorOption.Append(written[..QueryHandler.MaxMessage], length, options);
        }

        written[..length].CopyTo(reply);
        return Done(query, reply, length, new ReplyOrigin(by));
    }

    /// <summary>Replies with an rcode and no records, in the server's own name.</summary>
    public QueryOutcome Reject(in ClientQuery query, Span<byte> reply, Rcode rcode) =>
        Empty(query, reply, rcode, AnsweredBy.Server);

    public QueryOutcome Empty(in ClientQuery query, Span<byte> reply, Rcode rcode, AnsweredBy by) =>
        Done(query, reply, ReplyFinish.Empty(reply, query.Question, query.Needs, rcode), new ReplyOrigin(by));

    /// <summary>Counts and logs a bug. The query that caused it fails, but the process goes on.</summary>
    public void OnBug(Exception bug)
    {
        counters.Increment(_panics);
        shared.Log.Panicked(bug, "a query");
    }

    private QueryOutcome Done(in ClientQuery query, Span<byte> reply, int length, in ReplyOrigin origin)
    {
        Ledger.Note(query, reply[..length], origin);
        return QueryOutcome.Reply(length);
    }
}
