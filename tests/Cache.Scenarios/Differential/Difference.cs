using NodeDns.Testing.Messages;

namespace NodeDns.Cache.Scenarios.Differential;

/// <summary>One part of a reply in which the two servers differ.</summary>
/// <param name="Repeated">Whether the question had been asked before.</param>
/// <param name="Part">reply, rcode, flag aa …, answer, authority, additional, edns.</param>
internal sealed record Difference(AskedCase Case, bool Repeated, string Part, DnsMessage? CoreDns, DnsMessage? Ours)
{
    /// <summary>Seconds that may pass between the two servers' answers to one question.</summary>
    private const int TtlSlack = 2;

    public static IEnumerable<Difference> Between(AskedCase @case, bool repeated, DnsMessage? coreDns, DnsMessage? ours)
    {
        Difference In(string part) => new(@case, repeated, part, coreDns, ours);
        if (coreDns is null || ours is null)
        {
            return coreDns == ours ? [] : [In("reply")];
        }
        var parts = new List<string>();
        void Check(bool same, string part)
        {
            if (!same)
            {
                parts.Add(part);
            }
        }
        Check(coreDns.Rcode == ours.Rcode, "rcode");
        Check(coreDns.Question == ours.Question, "question");
        Check(coreDns.Aa == ours.Aa, "flag aa");
        Check(coreDns.Tc == ours.Tc, "flag tc");
        Check(coreDns.Rd == ours.Rd, "flag rd");
        Check(coreDns.Ra == ours.Ra, "flag ra");
        Check(coreDns.Ad == ours.Ad, "flag ad");
        Check(coreDns.Cd == ours.Cd, "flag cd");
        Check((coreDns.Edns is null) == (ours.Edns is null), "edns");
        Check(coreDns.Edns?.UdpSize == ours.Edns?.UdpSize, "edns size");
        Check(coreDns.Edns?.Do == ours.Edns?.Do, "edns do");
        if (!coreDns.Tc && !ours.Tc)
        {
            CheckSection(coreDns.Answer, ours.Answer, "answer");
            CheckSection(coreDns.Authority, ours.Authority, "authority");
            CheckSection(coreDns.Additional, ours.Additional, "additional");
        }
        return parts.Select(In);

        void CheckSection(List<DnsRecord> theirs, List<DnsRecord> own, string name)
        {
            string Text(DnsRecord record) => (record with { TtlSeconds = 0 }).ToString();
            var same = theirs.Select(Text).Order().SequenceEqual(own.Select(Text).Order());
            Check(same, name);
            Check(!same || theirs.Count == 0
                || Math.Abs((long)theirs.Min(r => r.TtlSeconds) - own.Min(r => r.TtlSeconds)) <= TtlSlack
                && Math.Abs((long)theirs.Max(r => r.TtlSeconds) - own.Max(r => r.TtlSeconds)) <= TtlSlack, $"{name} ttl");
        }
    }

    public override string ToString() =>
        $"{Case}{(Repeated ? " (repeated)" : "")}: {Part}\nCoreDNS: {CoreDns?.ToString() ?? "no reply\n"}ours: {Ours?.ToString() ?? "no reply\n"}";
}
