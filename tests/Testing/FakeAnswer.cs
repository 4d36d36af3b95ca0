using NodeDns.Testing.Messages;

namespace NodeDns.Testing;

/// <summary>What a <see cref="FakeUpstream"/> does when asked one question.</summary>
public sealed class FakeAnswer
{
    public int Rcode { get; set; }

    public bool Aa { get; set; }

    public bool Ad { get; set; }

    public List<DnsRecord> Answer { get; } = [];

    public List<DnsRecord> Authority { get; } = [];

    public List<DnsRecord> Additional { get; } = [];

    /// <summary>Never answers.</summary>
    public bool Silent { get; set; }

    /// <summary>Never answers the queries for which this is true.</summary>
    public Func<FakeUpstream.Seen, bool>? IsLost { get; set; }

    /// <summary>Over TCP, closes the connection instead of answering; over UDP, as <see cref="Silent"/>.</summary>
    public bool Close { get; set; }

    /// <summary>Over UDP, answers with TC and no records; over TCP in full.</summary>
    public bool TruncateUdp { get; set; }

    /// <summary>Answers queries that carry an OPT record with this rcode and no OPT, as servers before RFC 6891 do.</summary>
    public int? RcodeOnEdns { get; set; }

    /// <summary>Never answers queries that carry an OPT record, as behind some middleboxes.</summary>
    public bool SilentOnEdns { get; set; }

    /// <summary>Copies the query's OPT record into the answer; on by default, as RFC 6891 section 6.1.1 asks.</summary>
    public bool EchoEdns { get; set; } = true;

    /// <summary>Answers only after this completes.</summary>
    public Task? Hold { get; set; }

    /// <summary>Rewrites the finished octets just before they are sent: a spoof, a wrong id, a cut, garbage.</summary>
    public Func<byte[], byte[]>? Mangle { get; set; }

    /// <summary>Sent before the answer itself, each as one message: what an attacker races it with.</summary>
    public Func<byte[], IEnumerable<byte[]>>? Before { get; set; }

    /// <summary>The answer section as zone-file lines.</summary>
    public static FakeAnswer With(params string[] answer)
    {
        var result = new FakeAnswer();
        result.Answer.AddRange(answer.Select(DnsRecord.Parse));
        return result;
    }

    /// <summary>An rcode, and the authority section as zone-file lines.</summary>
    public static FakeAnswer Denial(string rcode, params string[] authority)
    {
        var result = new FakeAnswer { Rcode = DnsTypes.RcodeOf(rcode) };
        result.Authority.AddRange(authority.Select(DnsRecord.Parse));
        return result;
    }

    internal byte[] ToBytes(DnsMessage query, bool overTcp)
    {
        var reply = DnsMessage.ReplyTo(query);
        (reply.Rcode, reply.Aa, reply.Ad) = (Rcode, Aa, Ad);
        if (query.Edns is not null && RcodeOnEdns is { } refused)
        {
            (reply.Rcode, reply.Edns) = (refused, null);
            return reply.ToBytes();
        }
        reply.Edns = EchoEdns ? reply.Edns : null;
        if (TruncateUdp && !overTcp)
        {
            reply.Tc = true;
        }
        else
        {
            reply.Answer.AddRange(Answer);
            reply.Authority.AddRange(Authority);
            reply.Additional.AddRange(Additional);
        }
        return reply.ToBytes();
    }
}
