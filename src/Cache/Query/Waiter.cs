using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>A client's query that waits for an exchange, with all that its reply needs. Pooled by the worker that
/// received the query, and answered on that worker's loop.</summary>
internal sealed class Waiter(WaitingClients owner)
{
    private readonly byte[] _question = new byte[DnsName.MaxLength + 4];
    private int _questionLength;

    public WaitingClients Owner { get; } = owner;

    /// <summary>The next waiter of the same exchange. Guarded by the table's lock while the exchange is in the
    /// table.</summary>
    public Waiter? Next { get; set; }

    public ReplyTo To { get; private set; }

    public ClientNeeds Needs { get; private set; }

    public ServerModel Server { get; private set; } = null!;

    public ZoneModel Zone { get; private set; } = null!;

    public Qtype Qtype { get; private set; }

    public Qclass Qclass { get; private set; }

    public int RequestSize { get; private set; }

    public long ReceivedTicks { get; private set; }

    /// <summary>The slot in which <see cref="ClientLimit"/> has counted this query.</summary>
    public int LimitSlot { get; private set; }

    /// <summary>The question's octets as the client sent them.</summary>
    public ReadOnlySpan<byte> Question => _question.AsSpan(0, _questionLength);

    /// <summary>The whole query. Kept only if the block logs queries or tells a collector of them.</summary>
    public byte[]? Message { get; private set; }

    public void Set(in ClientQuery query, int limitSlot)
    {
        query.Question.CopyTo(_question);
        _questionLength = query.Question.Length;
        To = query.To;
        Needs = query.Needs;
        Server = query.Server;
        Zone = query.Zone;
        Qtype = query.Type;
        Qclass = query.Class;
        RequestSize = query.Message.Length;
        if (query.Zone.Block is { Log: not null } or { Dnstap.Length: > 0 })
        {
            Message = query.Message.ToArray();
        }

        ReceivedTicks = query.ReceivedTicks;
        LimitSlot = limitSlot;
    }

    /// <summary>The client's query again, for a reply that one of our own questions has produced.</summary>
    /// <param name="to">A copy of <see cref="To"/> that the caller keeps for as long as the query.</param>
    /// <param name="message">The whole query, which the exchange has kept.</param>
    public ClientQuery Again(ref readonly ReplyTo to, ReadOnlySpan<byte> message, IForwarder[] forwarders)
    {
        var lower = Question[..^4].ToArray();
        DnsName.ToLower(lower, lower);
        return new ClientQuery(in to)
        {
            Message = message,
            Question = Question,
            Name = lower,
            Type = Qtype,
            Class = Qclass,
            Needs = Needs,
            Server = Server,
            Zone = Zone,
            Forwarders = forwarders,
            ReceivedTicks = ReceivedTicks,
        };
    }

    /// <summary>Drops all references, so that a pooled waiter does not keep a connection alive.</summary>
    public void Clear()
    {
        Next = null;
        To = default;
        Message = null;
        Server = null!;
        Zone = null!;
    }
}
