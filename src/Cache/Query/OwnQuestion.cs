using NodeDns.Dns.Wire;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>A question that we ask on a client's behalf, with all that is needed to reply to the client later. Pooled:
/// not to be used after <see cref="Release"/>.</summary>
internal abstract class OwnQuestion(OwnQuestions own) : IReplySink
{
    private byte[] _message = [];
    private int _messageLength;
    private IForwarder[] _forwarders = [];

    /// <summary>Who wrote the last answer.</summary>
    public AnsweredBy By { get; set; }

    protected OwnQuestions Own => own;

    protected Waiter Client { get; } = new(own.Waiting);

    /// <summary>The client's whole query.</summary>
    protected Span<byte> Message => _message.AsSpan(0, _messageLength);

    public void Reply(in ReplyTo to, ReadOnlySpan<byte> message)
    {
        var buffer = own.RentBuffer();
        var reply = own.RentBuffer();
        try
        {
            message.CopyTo(buffer);
            var client = Client.To;
            var outcome = Continue(Client.Again(in client, Message, _forwarders), buffer, message.Length, reply);
            if (outcome.IsPending)
            {
                return;
            }

            if (outcome.IsReply)
            {
                client.Sink.Reply(client, reply.AsSpan(0, outcome.Length));
            }
            else
            {
                client.Sink.Forget(client);
            }

            Release();
        }
        finally
        {
            own.Return(buffer);
            own.Return(reply);
        }
    }

    public void Forget(in ReplyTo to)
    {
        var client = Client.To;
        Release();
        client.Sink.Forget(client);
    }

    /// <summary>Goes on when an answer to our question is here.</summary>
    /// <param name="query">The client's query.</param>
    /// <param name="part">The answer, in a buffer with room for more.</param>
    /// <param name="reply">Where to write the client's reply.</param>
    protected abstract QueryOutcome Continue(in ClientQuery query, byte[] part, int length, Span<byte> reply);

    /// <summary>Returns this object to its pool.</summary>
    protected abstract void GiveBack();

    protected void Keep(in ClientQuery query)
    {
        Client.Set(query, limitSlot: 0);
        _forwarders = query.Forwarders;
        _messageLength = query.Message.Length;
        Grow(ref _message, _messageLength);
        query.Message.CopyTo(_message);
    }

    /// <summary>Asks a question on the main path. The reply has no OPT record, unless a step adds one, and no size
    /// limit but that of a message.</summary>
    /// <param name="message">Header and question, and the client's OPT record if steps should see it.</param>
    protected QueryOutcome Ask(ZoneModel zone, ReadOnlySpan<byte> message, ReadOnlySpan<byte> lowerName, Qtype type,
        Qclass qclass, byte[] reply)
    {
        var to = new ReplyTo(this, 0, Client.To.Client, Client.To.IsTcp, isInternal: true);
        var query = new ClientQuery(in to)
        {
            Message = message,
            Question = message.Slice(DnsHeader.Length, lowerName.Length + 4),
            Name = lowerName,
            Type = type,
            Class = qclass,
            Needs = Client.Needs with { HasEdns = false, Limit = QueryHandler.MaxMessage },
            Server = Client.Server,
            Zone = zone,
            Forwarders = _forwarders,
            ReceivedTicks = Client.ReceivedTicks,
        };
        return own.Answer(query, reply);
    }

    protected void Release()
    {
        Client.Clear();
        _forwarders = [];
        GiveBack();
    }

    protected static void Grow(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new byte[Math.Max(length, 2 * buffer.Length)];
        }
    }
}
