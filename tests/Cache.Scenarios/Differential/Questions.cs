namespace NodeDns.Cache.Scenarios.Differential;

/// <summary>The questions: each kind of answer of <see cref="SampleAnswers"/> with each variant of asking.</summary>
internal static class Questions
{
    private static readonly (string Kind, string Type)[] s_kinds =
    [
        ("a", "A"), ("many", "A"), ("aaaa", "AAAA"), ("chain", "A"), ("chain", "AAAA"), ("mx", "MX"), ("txt", "TXT"),
        ("srv", "SRV"), ("caa", "TYPE257"), ("unknown", "TYPE65280"), ("https", "TYPE65"), ("ttl0", "A"), ("ttl1", "A"),
        ("ttl600", "A"), ("mixed-ttl", "A"), ("big", "A"), ("huge", "TXT"), ("authority", "A"), ("nodata", "A"),
        ("nodata-short", "A"), ("nodata-nosoa", "A"), ("nx", "A"), ("nx-short", "A"), ("nx-nosoa", "A"),
        ("nx-chain", "A"), ("refused", "A"), ("servfail", "A"), ("notimp", "A"), ("ad", "A"),
    ];

    private static readonly string[] s_zones = ["svc.cluster.local.", "example.com.", "4.3.10.in-addr.arpa."];

    public static List<AskedCase> All()
    {
        var cases = new List<AskedCase>();
        foreach (var zone in s_zones)
        {
            foreach (var (kind, type) in s_kinds)
            {
                string Name(string variant) => $"{variant}.{kind}.{zone}";
                cases.Add(new AskedCase(Name("udp"), type));
                cases.Add(new AskedCase(Name("tcp"), type, OverTcp: true));
                cases.Add(new AskedCase(Name("edns"), type, BufferSize: 1232));
                cases.Add(new AskedCase(Name("edns4096"), type, BufferSize: 4096));
                cases.Add(new AskedCase(Name("edns512"), type, BufferSize: 512));
                cases.Add(new AskedCase(Name("do"), type, Do: true));
                cases.Add(new AskedCase(Name("cd"), type, Cd: true, Do: true));
            }
            cases.Add(new AskedCase($"MiXeD.CaSe.A.{zone}", "A"));
            cases.Add(new AskedCase($"nord.a.{zone}", "A", Rd: false));
            cases.Add(new AskedCase($"adbit.ad.{zone}", "A", Ad: true));
            cases.Add(new AskedCase($"any.a.{zone}", "ANY"));
            cases.Add(new AskedCase($"chaos.txt.{zone}", "TXT", Class: "CH"));
            cases.Add(new AskedCase($"version.a.{zone}", "A", BufferSize: 1232, EdnsVersion: 1));
            cases.Add(new AskedCase($"notify.a.{zone}", "A", Opcode: 4));
            cases.Add(new AskedCase($"tiny.big.{zone}", "A", BufferSize: 100));
        }
        cases.Add(new AskedCase(".", "NS"));
        cases.Add(new AskedCase("cluster.local.", "SOA"));
        return cases;
    }
}
