using NodeDns.Testing;
using NodeDns.Testing.Messages;

namespace NodeDns.Cache.Scenarios.Differential;

/// <summary>The upstream's side: the second label of a name says what kind of answer it gets.</summary>
internal static class SampleAnswers
{
    public static FakeAnswer To(DnsQuestion question)
    {
        var name = question.Name;
        var labels = name.Split('.');
        var zone = string.Join('.', labels.Skip(2));
        var kind = labels.Length > 1 ? labels[1].ToLowerInvariant() : "";
        var soa = $"{zone} 300 IN SOA ns.{zone} host.{zone} 1 7200 900 86400 60";
        var shortSoa = $"{zone} 300 IN SOA ns.{zone} host.{zone} 1 7200 900 86400 2";
        return kind switch
        {
            "a" or "case" => FakeAnswer.With($"{name} 60 IN A 192.0.2.1"),
            "many" => FakeAnswer.With([.. Enumerable.Range(1, 8).Select(i => $"{name} 60 IN A 192.0.2.{i}")]),
            "aaaa" => FakeAnswer.With($"{name} 60 IN AAAA 2001:db8::1"),
            "chain" when question.Type == DnsTypes.TypeOf("A") => FakeAnswer.With(
                $"{name} 300 IN CNAME one.{zone}", $"one.{zone} 200 IN CNAME two.{zone}", $"two.{zone} 100 IN A 192.0.2.7"),
            "chain" => Chain("NOERROR", soa, $"{name} 300 IN CNAME one.{zone}"),
            "mx" => FakeAnswer.With($"{name} 60 IN MX 10 mail.{zone}", $"{name} 60 IN MX 20 mail2.{zone}"),
            "txt" => FakeAnswer.With($"{name} 60 {DnsTypes.ClassText(question.Class)} TXT \"v=spf1\" \"second\""),
            "srv" => FakeAnswer.With($"{name} 60 IN SRV 0 100 53 pod.{zone}"),
            "caa" => FakeAnswer.With($"{name} 60 IN TYPE257 \\# 22 000569737375656C657473656E63727970742E6F7267"),
            "unknown" => FakeAnswer.With($"{name} 60 IN TYPE65280 \\# 4 0A000001"),
            "https" => FakeAnswer.With($"{name} 60 IN TYPE65 \\# 10 00010000010003026832"),
            "ttl0" => FakeAnswer.With($"{name} 0 IN A 192.0.2.1"),
            "ttl1" => FakeAnswer.With($"{name} 1 IN A 192.0.2.1"),
            "ttl600" => FakeAnswer.With($"{name} 600 IN A 192.0.2.1"),
            "mixed-ttl" => FakeAnswer.With($"{name} 500 IN A 192.0.2.1", $"{name} 20 IN A 192.0.2.2"),
            "big" => FakeAnswer.With([.. Enumerable.Range(1, 60).Select(i => $"{name} 60 IN A 192.0.2.{i}")]),
            "huge" => FakeAnswer.With([.. Enumerable.Range(1, 40).Select(i => $"{name} 60 IN TXT \"{new string('x', 200)}{i}\"")]),
            "authority" => WithAuthority(name, zone),
            "nodata" => FakeAnswer.Denial("NOERROR", soa),
            "nodata-short" => FakeAnswer.Denial("NOERROR", shortSoa),
            "nodata-nosoa" => FakeAnswer.Denial("NOERROR"),
            "nx" => FakeAnswer.Denial("NXDOMAIN", soa),
            "nx-short" => FakeAnswer.Denial("NXDOMAIN", shortSoa),
            "nx-nosoa" => FakeAnswer.Denial("NXDOMAIN"),
            "nx-chain" => Chain("NXDOMAIN", soa, $"{name} 300 IN CNAME gone.{zone}"),
            "refused" => FakeAnswer.Denial("REFUSED"),
            "servfail" => FakeAnswer.Denial("SERVFAIL"),
            "notimp" => FakeAnswer.Denial("NOTIMP"),
            "ad" => new FakeAnswer { Ad = true, Answer = { DnsRecord.Parse($"{name} 60 IN A 192.0.2.1") } },
            _ => FakeAnswer.Denial("NXDOMAIN", ". 300 IN SOA ns. host. 1 7200 900 86400 60"),
        };
    }

    private static FakeAnswer Chain(string rcode, string soa, string cname)
    {
        var answer = FakeAnswer.Denial(rcode, soa);
        answer.Answer.Add(DnsRecord.Parse(cname));
        return answer;
    }

    private static FakeAnswer WithAuthority(string name, string zone)
    {
        var answer = FakeAnswer.With($"{name} 60 IN A 192.0.2.1");
        answer.Authority.Add(DnsRecord.Parse($"{zone} 60 IN NS ns.{zone}"));
        answer.Additional.Add(DnsRecord.Parse($"ns.{zone} 60 IN A 192.0.2.53"));
        return answer;
    }
}
