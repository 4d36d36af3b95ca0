using NodeDns.Testing.Messages;

namespace NodeDns.Cache.Tests.Query;

/// <summary>A kind of hit: what a block says, and how often its answer has been asked for and has aged.</summary>
/// <param name="Lines">Of the block, besides bind, cache and forward.</param>
/// <param name="Cache">Options of its cache.</param>
/// <param name="AgeSeconds">Of the answer, when it is asked for again.</param>
/// <param name="Name">Of the question.</param>
/// <param name="RefreshFails">It has been asked for again in vain then.</param>
internal sealed record HitKind(
    string Lines = "", string Cache = "", string Type = "A", bool Tcp = false, int AgeSeconds = 0, bool RefreshFails = false,
    string Name = "www.example.")
{
    public static readonly IReadOnlyDictionary<string, HitKind> All = new Dictionary<string, HitKind>
    {
        ["plain"] = new(),
        ["tcp"] = new(Tcp: true),
        ["denial"] = new(Type: "MX"),
        ["cname"] = new(Type: "TXT"),
        ["minimal"] = new("minimal\n"),
        ["loadbalance"] = new("loadbalance\n"),
        ["loadbalance over several names"] = new("loadbalance\n", Type: "SRV"),
        ["acl"] = new("acl {\n block net 10.0.0.0/8\n allow type A net 192.0.2.0/24\n block\n }\n"),
        ["local, any"] = new("local\n any\n"),
        ["rewrite"] = new("rewrite name suffix .example. .other. answer auto\n"),
        ["rewrite regex"] = new("rewrite name regex (.*)[.]example[.] {1}.other. answer auto\n"),
        ["rewrite edns0"] = new("rewrite continue name regex no.*such[.] x.\n rewrite type TXT MX\n"
            + " rewrite edns0 local set 0xffee {client_ip}\n"),
        ["rewrite name, then edns0"] = new("rewrite continue name suffix .example. .other. answer auto\n"
            + " rewrite edns0 local set 0xffee {qname}\n"),
        ["rewrite regex, then edns0"] = new("rewrite continue name regex (.*)[.]example[.] {1}.other. answer auto\n"
            + " rewrite edns0 local set 0xffee {client_ip}\n"),
        ["rewrite edns0 subnet"] = new("rewrite edns0 subnet set 20 56\n"),
        ["dns64"] = new("dns64 {\n allow_ipv4\n }\n", Type: "AAAA"),
        ["dns64 with loadbalance"] = new("dns64 {\n allow_ipv4\n }\n loadbalance\n minimal\n", Type: "AAAA"),
        ["prefetch"] = new(Cache: "prefetch 1 1m 90%", AgeSeconds: 20),
        ["serve_stale"] = new(Cache: "serve_stale 1h", AgeSeconds: 90),
        ["serve_stale after a failure"] = new(Cache: "serve_stale 1h verify\n servfail 5m", AgeSeconds: 90, RefreshFails: true),
        ["template, hosts and loop behind it"] = new("template IN A other {\n rcode NXDOMAIN\n }\n"
            + " hosts /nonexistent {\n 10.0.0.1 other\n fallthrough\n }\n loop\n"),
        ["template without records"] = new("template IN A nowhere {\n }\n template IN A {\n match no[.]such ^www[.]\n rcode NXDOMAIN\n }\n"),
        ["answered by local"] = new("local\n", Name: "localhost."),
        ["answered by local, in reverse"] = new("local\n", Type: "PTR", Name: "1.0.0.127.in-addr.arpa."),
        ["answered by any"] = new("any\n", Type: "ANY"),
        ["answered by hosts"] = new("hosts /nonexistent {\n 10.0.0.1 www.example\n }\n"),
        ["answered by hosts, a wildcard"] = new("hosts /nonexistent {\n 10.0.0.1 *.example\n }\n"),
        ["answered by hosts, in reverse"] =
            new("hosts /nonexistent {\n 10.0.0.1 www.example\n }\n", Type: "PTR", Name: "1.0.0.10.in-addr.arpa."),
        ["blocked by acl"] = new("acl {\n block\n }\n"),
        ["filtered by acl"] = new("acl {\n filter\n }\n"),
        ["refused: in no zone"] = new(Name: "example.", Lines: "acl {\n allow\n }\n"),
        ["errors, prometheus, bufsize"] = new("errors\n prometheus\n bufsize 1400\n"),
    };

    public string Corefile => $".:53 {{\n bind 127.0.0.1\n {Lines} cache {{\n {Cache}\n }}\n forward . 192.0.2.53\n}}\n";

    public DnsMessage Query()
    {
        var query = DnsMessage.Query(Name, Type, 1);
        query.Edns = new DnsEdns();
        return query;
    }

    public static void Answer(DnsMessage reply)
    {
        var name = reply.Question!.Name;
        switch (DnsTypes.TypeText(reply.Question.Type))
        {
            case "A":
                for (var i = 0; i < 4; i++)
                {
                    reply.Answer.Add(DnsRecord.Parse($"{name} 60 IN A 10.96.0.{i}"));
                }
                break;
            case "SRV":
                for (var i = 0; i < 3; i++)
                {
                    reply.Answer.Add(DnsRecord.Parse($"{name} 60 IN SRV 0 0 80 pod{i}.{name}"));
                    reply.Additional.Add(DnsRecord.Parse($"pod{i}.{name} 60 IN A 10.96.1.{i}"));
                }
                break;
            case "TXT":
                reply.Answer.Add(DnsRecord.Parse($"{name} 60 IN CNAME x.{name}"));
                reply.Answer.Add(DnsRecord.Parse($"x.{name} 60 IN TXT \"x\""));
                break;
            default:
                reply.Authority.Add(DnsRecord.Parse("example. 60 IN SOA ns.example. host.example. 1 2 3 4 60"));
                break;
        }
    }
}
