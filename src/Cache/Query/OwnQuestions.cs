using NodeDns.Cache.Plugins;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>Questions that we ask on a client's behalf, down the same main path. One a worker: it keeps the exchanges and
/// the buffers that they work in, so that one that the cache can answer allocates nothing.</summary>
/// <param name="answer">Steps 3 and on of the main path.</param>
internal sealed class OwnQuestions(AnswerQuery answer, Replies replies, WaitingClients waiting)
{
    /// <summary>A message, an OPT record behind it, or the data of its longest record with its names written out.</summary>
    private const int BufferLength = QueryHandler.MaxMessage + 2 * DnsName.MaxLength;

    private readonly Stack<byte[]> _buffers = new();
    private readonly Stack<Dns64Exchange> _dns64 = new();
    private readonly Stack<CnameExchange> _cname = new();

    public Replies Replies => replies;

    public WaitingClients Waiting => waiting;

    /// <summary>Asks for AAAA, and for A where there is none.</summary>
    public QueryOutcome AskForBoth(Dns64 dns64, in ClientQuery query, Span<byte> reply) =>
        (_dns64.TryPop(out var pooled) ? pooled : new Dns64Exchange(this)).Begin(dns64, query, reply);

    /// <summary>Asks for the addresses of the name that a template's CNAME leads to, through whichever block serves it.
    /// </summary>
    /// <param name="written">The template's reply.</param>
    /// <param name="rewritten">What the question had become; null when it is the client's own.</param>
    /// <returns>false when the reply stands as it is.</returns>
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
