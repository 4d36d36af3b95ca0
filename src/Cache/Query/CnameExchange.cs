using NodeDns.Cache.Plugins;
using NodeDns.Dns.Wire;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>A question for addresses that a template answered with a CNAME: the addresses of its target are asked for on
/// the main path, through whichever block serves it, and put behind.</summary>
internal sealed class CnameExchange : IReplySink
{
    /// <summary>A CNAME may lead to another template's; one that leads back to itself ends here.</summary>
    private const int DepthMaximum = 8;

    private readonly QueryHandler _handler;
    private readonly Waiter _client;
    private readonly IForwarder[] _forwarders;
    private readonly byte[] _message;
    private readonly byte[] _first;
    private readonly byte[] _extendedError;
    private readonly byte[] _target;
    private readonly Qtype _qtype;
    private readonly int _questionEnd;
    private readonly RewrittenQuestion? _rewritten;
    private readonly int _depth;

    private CnameExchange(QueryHandler handler, in ClientQuery query, ReadOnlySpan<byte> first, QuestionReader question,
        byte[] target, RewrittenQuestion? rewritten)
    {
        _qtype = question.Type;
        _questionEnd = question.End;
        _rewritten = rewritten;
        _handler = handler;
        _client = new Waiter(handler.Waiting);
        _client.Set(query, limitSlot: 0);
        _forwarders = query.Forwarders;
        _message = query.Message.ToArray();
        var written = first.ToArray();
        var length = written.Length;
        _extendedError = ExtendedErrorOption.Take(written, ref length, _questionEnd);
        _first = written[..length];
        _target = target;
        _depth = DepthOf(query) + 1;
    }

    /// <param name="written">The template's reply.</param>
    /// <param name="rewritten">What the question had become; null when it is the client's own.</param>
    /// <returns>false when it stands as it is.</returns>
    public static bool TryBegin(QueryHandler handler, in ClientQuery query, ReadOnlySpan<byte> written, Span<byte> reply,
        out QueryOutcome outcome, RewrittenQuestion? rewritten = null)
    {
        outcome = default;
        if (!QuestionReader.TryRead(written, out var question)
            || question.Type is not (Qtype.A or Qtype.AAAA) || DepthOf(query) == DepthMaximum
            || TargetOf(written, question.End) is not { } target || query.Server.Zones.Find(target) is not { } zone)
        {
            return false;
        }

        var exchange = new CnameExchange(handler, query, written, question, target, rewritten);
        var buffer = new byte[QueryHandler.MaxMessage];
        outcome = exchange.Ask(zone, buffer);
        if (!outcome.IsPending)
        {
            outcome = exchange.Finish(query, buffer.AsSpan(0, outcome.Length), reply);
        }

        return true;
    }

    public void Reply(in ReplyTo to, ReadOnlySpan<byte> message)
    {
        var client = _client.To;
        var query = _client.Again(in client, _message, _forwarders);
        var reply = new byte[QueryHandler.MaxMessage];
        var done = Finish(query, message, reply);
        client.Sink.Reply(client, reply.AsSpan(0, done.Length));
    }

    public void Forget(in ReplyTo to) => _client.To.Sink.Forget(_client.To);

    private static int DepthOf(in ClientQuery query) => query.To.Sink is CnameExchange exchange ? exchange._depth : 0;

    /// <summary>Lower-case target of the CNAME that ends the answer section.</summary>
    private static byte[]? TargetOf(ReadOnlySpan<byte> reply, int questionEnd)
    {
        byte[]? target = null;
        Span<byte> name = stackalloc byte[DnsName.MaxLength];
        var records = new RecordReader(reply, questionEnd);
        while (records.MoveNext() && records.Section == Section.Answer)
        {
            target = records.Type == Qtype.CNAME
                ? name[..DnsName.Read(reply, records.RdataOffset, name, out _)].ToArray()
                : null;
        }
        DnsName.ToLower(target, target);
        return target;
    }

    private QueryOutcome Ask(ZoneModel zone, byte[] buffer)
    {
        var to = new ReplyTo(this, 0, _client.To.Client, _client.To.IsTcp, isInternal: true);
        var message = new byte[DnsHeader.Length + _target.Length + 4];
        _message.AsSpan(0, DnsHeader.Length).CopyTo(message);
        DnsHeader.SetArCount(message, 0);
        QuestionReader.Write(message.AsSpan(DnsHeader.Length), _target, _qtype, _client.Qclass);
        var query = new ClientQuery(in to)
        {
            Message = message,
            Question = message.AsSpan(DnsHeader.Length),
            Name = _target,
            Type = _qtype,
            Class = _client.Qclass,
            Needs = _client.Needs with { HasEdns = false, Limit = QueryHandler.MaxMessage },
            Server = _client.Server,
            Zone = zone,
            Forwarders = _forwarders,
            ReceivedTicks = _client.ReceivedTicks,
        };
        return _handler.Answer(query, buffer);
    }

    /// <summary>The template's reply with the target's answers behind its own; its rcode, and its flags, are the
    /// template's.</summary>
    /// <param name="found">The reply about the target; empty when there is none.</param>
    private QueryOutcome Finish(in ClientQuery query, ReadOnlySpan<byte> found, Span<byte> reply)
    {
        var whole = new byte[QueryHandler.MaxMessage + QueryEdns.EmptyOptLength];
        var rdata = new byte[QueryHandler.MaxMessage + 2 * DnsName.MaxLength];
        var builder = new MessageBuilder(
            whole.AsSpan(0, QueryHandler.MaxMessage), _first, _first.AsSpan(DnsHeader.Length.._questionEnd));
        for (var section = Section.Answer; section <= Section.Additional; section++)
        {
            Copy(_first, _questionEnd, section, rdata, ref builder);
            if (section == Section.Answer && found.Length > DnsHeader.Length)
            {
                Copy(found, DnsHeader.Length + _target.Length + 4, section, rdata, ref builder);
            }
        }
        var length = builder.Length;
        if (builder.Overflowed)
        {
            _first.CopyTo(whole, 0);
            length = _first.Length;
        }
        if (_rewritten is not null)
        {
            var restored = new byte[whole.Length];
            length = _rewritten.Restore(whole.AsSpan(0, length), restored);
            if (length == 0)
            {
                return _handler.Reject(query, reply, Rcode.ServFail);
            }

            whole = restored;
        }
        length = ExtendedErrorOption.Append(whole, length, _extendedError);
        return _handler.FromPlugin(query, whole, length, reply, AnsweredBy.Template);
    }

    private static void Copy(
        ReadOnlySpan<byte> message, int questionEnd, Section section, byte[] rdata, scoped ref MessageBuilder builder)
    {
        Span<byte> owner = stackalloc byte[DnsName.MaxLength];
        var records = new RecordReader(message, questionEnd);
        while (records.MoveNext())
        {
            if (records.Section != section)
            {
                continue;
            }

            var ownerLength = DnsName.Read(message, records.OwnerOffset, owner, out _);
            var length = Rdata.Expand(message, records, rdata);
            if (length < 0)
            {
                return;
            }

            builder.Add(section, owner[..ownerLength], records.Type, records.Class, records.Ttl, rdata.AsSpan(0, length));
        }
    }
}
