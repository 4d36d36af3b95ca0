using System.Buffers.Binary;
using NodeDns.Cache.Plugins;
using NodeDns.Dns.Wire;
using NodeDns.Telemetry;

namespace NodeDns.Cache.Query;

/// <summary>An AAAA question of a client that dns64 applies to (RFC 6147). The AAAA question is asked first; if there
/// is no AAAA, the A question is asked and the reply is made from both. Each question takes the main path by itself,
/// through the cache.</summary>
internal sealed class Dns64Exchange(OwnQuestions own) : OwnQuestion(own)
{
    private readonly byte[] _lowerName = new byte[DnsName.MaxLength];
    private Dns64 _dns64 = null!;
    private byte[] _aaaa = [];
    private int _aaaaLength;

    public QueryOutcome Begin(Dns64 dns64, in ClientQuery query, Span<byte> reply)
    {
        Keep(query);
        query.Name.CopyTo(_lowerName);
        _dns64 = dns64;
        _aaaaLength = 0;
        var part = Own.RentBuffer();
        var outcome = Ask(Qtype.AAAA, part);
        if (outcome.IsReply)
        {
            outcome = Continue(query, part, outcome.Length, reply);
        }
        Own.Return(part);
        if (!outcome.IsPending)
        {
            Release();
        }
        return outcome;
    }

    protected override QueryOutcome Continue(in ClientQuery query, byte[] part, int length, Span<byte> reply)
    {
        if (_aaaaLength == 0)
        {
            if (!_dns64.WantsA(part.AsSpan(0, length)))
            {
                return Own.Replies.FromPlugin(query, part, length, reply, By);
            }

            Grow(ref _aaaa, length);
            part.AsSpan(0, length).CopyTo(_aaaa);
            _aaaaLength = length;
            var asked = Ask(Qtype.A, part);
            if (!asked.IsReply)
            {
                return asked;
            }

            length = asked.Length;
        }
        return Translate(query, part, length, reply);
    }

    protected override void GiveBack()
    {
        _dns64 = null!;
        Own.Return(this);
    }

    private QueryOutcome Translate(in ClientQuery query, byte[] part, int length, Span<byte> reply)
    {
        var whole = Own.RentBuffer();
        var rdata = Own.RentBuffer();
        var extendedError = ExtendedErrorOption.Take(part, ref length, query.QuestionEnd);
        var written = _dns64.Synthesize(
            _aaaa.AsSpan(0, _aaaaLength), part.AsSpan(0, length), query.Server.EndPoint, rdata,
            whole.AsSpan(0, QueryHandler.MaxMessage));
        if (written > 0)
        {
            written = ExtendedErrorOption.Append(whole, written, extendedError);
        }
        else
        {
            _aaaa.AsSpan(0, _aaaaLength).CopyTo(whole);
            written = _aaaaLength;
        }
        var outcome = Own.Replies.FromPlugin(query, whole, written, reply, AnsweredBy.Dns64);
        Own.Return(whole);
        Own.Return(rdata);
        return outcome;
    }

    private QueryOutcome Ask(Qtype type, byte[] reply)
    {
        var name = _lowerName.AsSpan(0, Client.Question.Length - 4);
        BinaryPrimitives.WriteUInt16BigEndian(Message[(DnsHeader.Length + name.Length)..], (ushort)type);
        return Ask(Client.Zone, Message, name, type, Qclass.IN, reply);
    }
}
