using NodeDns.Cache.Plugins;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>Asks questions on a client's behalf, on the main path. There is one for each worker. It pools the exchanges
/// and their buffers, so that a question that the cache answers allocates nothing.</summary>
/// <param name="answer">The main path from step 3 on, behind dns64.</param>
internal sealed class OwnQuestions(AnswerQuery answer, Replies replies, WaitingClients waiting)
{
    /// <summary>Room for a message with an OPT record, or for the longest record data with its names
    /// uncompressed.</summary>
    private const int BufferLength = QueryHandler.MaxMessage + 2 * DnsName.MaxLength;

    private readonly Stack<byte[]> _buffers = new();
    private readonly Stack<Dns64Exchange> _dns64 = new();
    private readonly Stack<CnameExchange> _cname = new();

    public Replies Replies => replies;

    public WaitingClients Waiting => waiting;

    /// <summary>Asks for AAAA, and for A if there is no AAAA.</summary>
    public QueryOutcome AskForBoth(Dns64 dns64, in ClientQuery query, Span<byte> reply) =>
        (_dns64.TryPop(out var pooled) ? pooled : new Dns64Exchange(this)).Begin(dns64, query, reply);

    /// <summary>Follows the CNAME in a template's reply: asks for the target's addresses, in whichever block serves
    /// that name.</summary>
    /// <param name="written">The template's reply.</param>
    /// <param name="rewritten">The rewritten question that the template answered; null when it was the client's
    /// own.</param>
    /// <returns>false when there is nothing to follow and the reply can be sent as it is.</returns>
    public bool TryFollowCname(in ClientQuery query, ReadOnlySpan<byte> written, Span<byte> reply,
        out QueryOutcome outcome, RewrittenQuestion? rewritten = null)
    {
        outcome = default;
        Span<byte> target = stackalloc byte[DnsName.MaxLength];
        if (!QuestionReader.TryRead(written, out var question)
            || question.Type is not (Qtype.A or Qtype.AAAA)
            || CnameExchange.DepthOf(query) == CnameExchange.DepthMaximum
            || CnameExchange.ReadTarget(written, question.End, target) is not (> 0 and var length)
            || query.Server.Zones.Find(target[..length]) is not { } zone)
        {
            return false;
        }

        var exchange = _cname.TryPop(out var pooled) ? pooled : new CnameExchange(this);
        outcome = exchange.Begin(query, written, question, target[..length], zone, rewritten, reply);
        return true;
    }

    public QueryOutcome Answer(in ClientQuery query, Span<byte> reply) => answer(query, reply);

    public byte[] RentBuffer() => _buffers.TryPop(out var pooled) ? pooled : new byte[BufferLength];

    public void Return(byte[] buffer) => _buffers.Push(buffer);

    public void Return(Dns64Exchange exchange) => _dns64.Push(exchange);

    public void Return(CnameExchange exchange) => _cname.Push(exchange);
}

internal delegate QueryOutcome AnswerQuery(in ClientQuery query, Span<byte> reply);
