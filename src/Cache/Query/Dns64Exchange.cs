using System.Buffers.Binary;
using NodeDns.Cache.Plugins;
using NodeDns.Dns.Wire;

namespace NodeDns.Cache.Query;

/// <summary>An AAAA question under dns64: asked as it is; where no AAAA came, its A question is asked too, and the reply is
/// made of both (RFC 6147). Each part goes down the main path on its own, through the cache.</summary>
internal sealed class Dns64Exchange : IReplySink
{
    private readonly QueryHandler _handler;
    private readonly Dns64 _dns64;
    private readonly Waiter _client;
    private readonly byte[] _message;
    private readonly IForwarder[] _forwarders;
    private byte[]? _aaaaReply;

    private Dns64Exchange(QueryHandler handler, Dns64 dns64, in ClientQuery query)
    {
        _handler = handler;
        _dns64 = dns64;
        _client = new Waiter(handler.Waiting);
        _client.Set(query, limitSlot: 0);
        _message = query.Message.ToArray();
        _forwarders = query.Forwarders;
    }

    public static QueryOutcome Begin(QueryHandler handler, Dns64 dns64, in ClientQuery query, Span<byte> reply)
    {
        var exchange = new Dns64Exchange(handler, dns64, query);
        var buffer = new byte[QueryHandler.MaxMessage];
        var outcome = exchange.Ask(buffer);
        if (!outcome.IsReply)
        {
            return outcome;
        }

        outcome = exchange.Next(buffer.AsSpan(0, outcome.Length), buffer);
        if (!outcome.IsReply)
        {
            return outcome;
        }

        return exchange.Finish(query, buffer.AsSpan(0, outcome.Length), reply);
    }

    /// <summary>A part of the answer has come from upstream.</summary>
    public void Reply(in ReplyTo to, ReadOnlySpan<byte> message)
    {
        var buffer = new byte[QueryHandler.MaxMessage];
        var outcome = Next(message, buffer);
        if (outcome.IsPending)
        {
            return;
        }

        if (!outcome.IsReply)
        {
            _client.To.Sink.Forget(_client.To);
            return;
        }
        var client = _client.To;
        var query = _client.Again(in client, _message, _forwarders);
        var reply = new byte[QueryHandler.MaxMessage];
        var done = Finish(query, buffer.AsSpan(0, outcome.Length), reply);
        client.Sink.Reply(client, reply.AsSpan(0, done.Length));
    }

    public void Forget(in ReplyTo to) => _client.To.Sink.Forget(_client.To);

    /// <summary>Deals with the reply to one part.</summary>
    /// <returns>The whole reply, in <paramref name="buffer"/>, or pending.</returns>
    private QueryOutcome Next(ReadOnlySpan<byte> part, byte[] buffer)
    {
        if (_aaaaReply is null)
        {
            if (!_dns64.WantsA(part))
            {
                part.CopyTo(buffer);
                return QueryOutcome.Reply(part.Length);
            }
            _aaaaReply = part.ToArray();
            BinaryPrimitives.WriteUInt16BigEndian(
                _message.AsSpan(DnsHeader.Length + _client.Question.Length - 4), (ushort)Qtype.A);
            var asked = Ask(buffer);
            return asked.IsReply ? Next(buffer.AsSpan(0, asked.Length).ToArray(), buffer) : asked;
        }
        var length = _dns64.Synthesize(_aaaaReply, part, _client.Server.EndPoint, buffer);
        if (length > 0)
        {
            var translated = part.ToArray();
            var translatedLength = translated.Length;
            var extendedError = ExtendedErrorOption.Take(
                translated, ref translatedLength, DnsHeader.Length + _client.Question.Length);
            return QueryOutcome.Reply(ExtendedErrorOption.Append(buffer, length, extendedError));
        }
        _aaaaReply.CopyTo(buffer, 0);
        return QueryOutcome.Reply(_aaaaReply.Length);
    }

    /// <summary>Sends <see cref="_message"/> down the main path as a question of our own: no OPT in the reply but a step's, no
    /// limit but the message's.</summary>
    private QueryOutcome Ask(byte[] buffer)
    {
        var to = new ReplyTo(this, 0, _client.To.Client, _client.To.IsTcp, isInternal: true);
        var questionLength = _client.Question.Length;
        var lower = _client.Question[..^4].ToArray();
        DnsName.ToLower(lower, lower);
        var query = new ClientQuery(in to)
        {
            Message = _message,
            Question = _message.AsSpan(DnsHeader.Length, questionLength),
            Name = lower,
            Type = (Qtype)BinaryPrimitives.ReadUInt16BigEndian(_message.AsSpan(DnsHeader.Length + questionLength - 4)),
            Class = Qclass.IN,
            Needs = _client.Needs with { HasEdns = false, Limit = QueryHandler.MaxMessage },
            Server = _client.Server,
            Zone = _client.Zone,
            Forwarders = _forwarders,
            ReceivedTicks = _client.ReceivedTicks,
        };
        return _handler.Answer(query, buffer);
    }

    private QueryOutcome Finish(in ClientQuery query, Span<byte> answer, Span<byte> reply)
    {
        var whole = new byte[QueryHandler.MaxMessage + QueryEdns.EmptyOptLength];
        answer.CopyTo(whole);
        return _handler.FromPlugin(query, whole, answer.Length, reply,
            _aaaaReply is null ? Telemetry.AnsweredBy.Cache : Telemetry.AnsweredBy.Dns64);
    }
}
