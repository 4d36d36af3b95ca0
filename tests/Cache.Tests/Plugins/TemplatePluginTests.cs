using NodeDns.Cache.Plugins;
using NodeDns.Corefile;
using NodeDns.Dns.Records;
using NodeDns.Dns.Wire;
using NodeDns.Go;
using NodeDns.Go.Templates;
using NodeDns.Telemetry;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Plugins;

public sealed class TemplatePluginTests
{
    private readonly MetricRegistry _registry = new();
    private readonly MemoryStream _output = new();

    private static readonly TemplateRule s_ip = new()
    {
        Qclass = 1,
        Qtype = 1,
        Zones = ["example."],
        Match = [Pattern(@"^ip-(?P<a>\d+)-(\d+)\.example\.$")],
        Answer = [Text("{{ .Name }} 60 IN A 10.0.0.{{ .Group.a }}")],
    };

    [Fact]
    public void Answer_is_made_from_the_question()
    {
        var reply = new Asked("IP-7-8.Example.", "A").Of(Template(s_ip))!;
        Assert.Equal(["an IP-7-8.Example. 60 IN A 10.0.0.7"], Asked.Lines(reply));
        Assert.True(reply.Aa);
    }

    [Fact]
    public void All_values_can_be_mentioned_in_all_sections()
    {
        var rule = s_ip with
        {
            Qtype = TemplateRule.Any,
            Match = [Pattern("^(.*)\\.x\\.example\\.$")],
            Answer =
            [
                Text("q.example. IN TXT \"{{ .Zone }} {{ .Type }} {{ .Class }} {{ index .Match 1 }} {{ .Question.Name }} "
                    + "{{ .Remote }} {{ .Message.Id }}\""),
            ],
            Authority = [Text("example. 60 IN SOA ns.example. root.example. 1 2 3 4 5")],
            Additional = [Text("ns.example. 60 IN AAAA fd00::53")],
            Rcode = 3,
        };
        var reply = new Asked("A.x.example.", "TXT").Of(Template(rule))!;
        Assert.Equal(
            [
                "an q.example. 3600 IN TXT \"example. TXT IN a A.x.example. 10.0.0.7 4711\"",
                "ns example. 60 IN SOA ns.example. root.example. 1 2 3 4 5",
                "ar ns.example. 60 IN AAAA fd00::53",
            ],
            Asked.Lines(reply));
        Assert.Equal("NXDOMAIN", reply.RcodeText);
    }

    [Fact]
    public void Rule_of_another_type_or_zone_lets_the_query_go_on()
    {
        Assert.Null(new Asked("ip-7-8.example.", "AAAA").Of(Template(s_ip)));
        Assert.Null(new Asked("ip-7-8.example.org.", "A").Of(Template(s_ip)));
    }

    [Fact]
    public void No_match_is_SERVFAIL_unless_the_rule_falls_through()
    {
        Assert.Equal("SERVFAIL", new Asked("other.example.", "A").Of(Template(s_ip))!.RcodeText);
        Assert.Null(new Asked("other.example.", "A").Of(Template(s_ip with { Fallthrough = ["."] })));
        var second = s_ip with { Match = [Pattern("other")], Answer = [Text("other.example. A 10.1.1.1")] };
        var reply = new Asked("other.example.", "A").Of(Template(s_ip with { Fallthrough = ["."] }, second))!;
        Assert.Equal("10.1.1.1", reply.Answer[0].Data);
    }

    [Fact]
    public void Rule_without_answers_is_an_empty_NOERROR()
    {
        TemplateRule noIpv6 = new() { Qclass = 1, Qtype = 28, Zones = ["."], Match = [Pattern(".*")] };
        var reply = new Asked("a.example.", "AAAA").Of(Template(noIpv6))!;
        Assert.Equal("NOERROR", reply.RcodeText);
        Assert.Empty(Asked.Lines(reply));
        Assert.Null(new Asked("a.example.", "A").Of(Template(noIpv6)));
    }

    [Fact]
    public void RFC_8914_ederror_is_carried_to_the_replys_own_OPT()
    {
        var rule = s_ip with { Answer = [], ExtendedError = new ExtendedError(21, "no") };
        var octets = new byte[512];
        var written = new Asked("ip-7-8.example.", "A").Of(Template(rule))!;
        written.ToBytes().CopyTo(octets, 0);
        int length = written.ToBytes().Length, questionEnd = length - 11 - 8;
        var options = ExtendedErrorOption.Take(octets, ref length, questionEnd);
        Assert.Equal("000F000400156E6F", Convert.ToHexString(options));
        Assert.Equal(questionEnd, length);
        Assert.Null(DnsMessage.Parse(octets.AsSpan(0, length)).Edns);

        QueryEdns.WriteEmptyOpt(octets.AsSpan(length), 1232, 0, dnssecOk: false);
        DnsHeader.SetArCount(octets, 1);
        var whole = ExtendedErrorOption.Put(octets, length + 11, options, limit: 512);
        Assert.Equal(options.ToArray(), DnsMessage.Parse(octets.AsSpan(0, whole)).Edns!.Options);
        Assert.Equal(length + 11, ExtendedErrorOption.Put(octets, length + 11, options, limit: length + 18));
    }

    [Fact]
    public void Template_that_makes_no_record_is_SERVFAIL_logged_and_counted()
    {
        var rule = s_ip with { Answer = [Text("x. 60 IN A 1.1.1.1"), Text("x. 60 IN A 10.0.0.999")] };
        var reply = new Asked("ip-7-8.example.", "A").Of(Template(rule))!;
        Assert.Equal("SERVFAIL", reply.RcodeText);
        Assert.Empty(Asked.Lines(reply));
        Assert.Contains(
            "[WARNING] plugin/template: template of ip-7-8.example.: \"x. 60 IN A 10.0.0.999\": this is no data of a A record",
            System.Text.Encoding.UTF8.GetString(_output.ToArray()));
        Assert.Contains("coredns_template_rr_failures_total{", Asked.Scrape(_registry));
        Assert.Contains("coredns_template_matches_total{", Asked.Scrape(_registry));
    }

    [Theory]
    [InlineData("a. A 192.0.2.1", "a. 3600 IN A 192.0.2.1")]
    [InlineData("a. IN 7 A 192.0.2.1", "a. 7 IN A 192.0.2.1")]
    [InlineData("a. 7 IN AAAA fd00::1", "a. 7 IN AAAA fd00::1")]
    [InlineData("a. 7 CNAME b.c", "a. 7 IN CNAME b.c.")]
    [InlineData("a. 7 MX 10 b.", "a. 7 IN MX 10 b.")]
    [InlineData("a. 7 SRV 1 2 3 b.", "a. 7 IN SRV 1 2 3 b.")]
    [InlineData("a. 7 NS b.", "a. 7 IN NS b.")]
    [InlineData("a. 7 PTR b.", "a. 7 IN PTR b.")]
    [InlineData("a. 7 TXT one \"two three\" \"q\\\"q\"", "a. 7 IN TXT \"one\" \"two three\" \"q\"q\"")]
    [InlineData("a. 7 TYPE65280 \\# 3 0102 03", "a. 7 IN TYPE65280 \\# 3 010203")]
    [InlineData("a. 1h30m SOA b. c. (1 7200 1d\n 4 ; four\n 60)", "a. 5400 IN SOA b. c. 1 7200 86400 4 60")]
    [InlineData("a. 7 TXT (one) two\\046\\.\nb. 7 A 192.0.2.1", "a. 7 IN TXT \"one\" \"two..\"")]
    [InlineData("a. 7 TXT \"(one); two\" ; three", "a. 7 IN TXT \"(one); two\"")]
    [InlineData("a. 7 TLSA 3 1 1 0102 03", "a. 7 IN TYPE52 \\# 6 030101010203")]
    [InlineData("a. 7 SSHFP 4 2 0102", "a. 7 IN TYPE44 \\# 4 04020102")]
    [InlineData("a. 7 DS 1 8 2 0102", "a. 7 IN DS \\# 6 000108020102")]
    [InlineData("a. 7 URI 10 1 \"ftp://a/\"", "a. 7 IN TYPE256 \\# 12 000A00016674703A2F2F612F")]
    [InlineData("@ 7 CNAME @", ". 7 IN CNAME .")]
    [InlineData("a. 7 CLASS3 TYPE16 a\"b c\"d\"\"", "a. 7 CH TXT \"a\" \"b c\" \"d\" \"\"")]
    [InlineData("a. 7 SVCB 1 .", "a. 7 IN SVCB \\# 3 000100")]
    [InlineData("a. 7 HTTPS 1 b. port=8443 alpn=\"h2,h3\" mandatory=port,alpn",
        "a. 7 IN HTTPS \\# 29 00010162000000000400010003000100060268320268330003000220FB")]
    [InlineData("a. 7 LOC 42 21 54 N 71 06 18 W -24m 30m", "a. 7 IN TYPE29 \\# 16 0033161389172DD070BE15F000988D20")]
    [InlineData("a. 7 NSEC b. TYPE1234 A MX", "a. 7 IN NSEC \\# 36 01620000024001041B000000000000000000000000000000000000000000000000000020")]
    [InlineData("a. 7 EUI48 00-00-5e-00-53-2a", "a. 7 IN TYPE108 \\# 6 00005E00532A")]
    public void Zone_file_lines_are_read(string line, string expected)
    {
        var record = RecordText.Parse(line, out _)!;
        byte[] message =
        [
            .. new byte[6], 0, 1, 0, 0, 0, 0, .. record.Owner, .. U16((ushort)record.Type), .. U16((ushort)record.Class),
            .. U16(0), .. U16((ushort)record.TtlSeconds), .. U16((ushort)record.Rdata.Length), .. record.Rdata,
        ];
        Assert.Equal(expected, DnsMessage.Parse(message).Answer[0].ToString());
    }

    [Theory]
    [InlineData("a. 7 A")]
    [InlineData("a. 7 A fd00::1")]
    [InlineData("a. 7 NOTYPE x")]
    [InlineData("a..b. 7 A 192.0.2.1")]
    [InlineData("a. 7 MX x b.")]
    [InlineData("a. 7 SRV 1 2 99999 b.")]
    [InlineData("a. 7 TYPE65280 \\# 4 010203")]
    [InlineData("a. 7 TYPE65280 010203")]
    [InlineData("a. 7 A \\# 3 010203")]
    [InlineData("a. 7 MX \\# 4 000A0000")]
    [InlineData("a. 7 MX \\# 4 000AC000")]
    [InlineData("a. 7 A 10.1")]
    [InlineData("a. 7 CNAME \"\"")]
    [InlineData("a. 7 SVCB 1 . port=1 port=2")]
    [InlineData("a. 7 SVCB 1 . mandatory=nonsense")]
    [InlineData("a. 7 SVCB 1 . alpn=h2,")]
    [InlineData("a. 7 SVCB 1 . alpn=\\\\")]
    [InlineData("a. 7 RRSIG A 5 3 60 20031322173103 1 3 a. AAAA")]
    [InlineData("a. 7 LOC 90 0 0.1 N 1 E 0m")]
    [InlineData("a. 7 SOA b. c. 1 2 3 4")]
    [InlineData("a. 7 SOA b. c. (1 2 3 4 5")]
    [InlineData("a. 7 TXT \"open")]
    [InlineData("a. 99999999999 A 192.0.2.1")]
    [InlineData("a. \"\" IN A 192.0.2.1")]
    [InlineData("a. 7 \"\" A 192.0.2.1")]
    [InlineData("a. 7 IN \"\" 192.0.2.1")]
    [InlineData("a. 7 SOA b. c. \"\" 2 3 4 5")]
    [InlineData("a. 7 MX \"\" b.")]
    [InlineData("a. 7 CAA \"\" issue b")]
    [InlineData("a. 7 TYPE65280 \\# \"\"")]
    [InlineData("")]
    public void Lines_that_are_no_record_are_refused_with_a_reason(string line)
    {
        Assert.Null(RecordText.Parse(line, out var problem));
        Assert.NotEmpty(problem);
    }

    private TemplatePlugin Template(params TemplateRule[] rules) => new(
        new TemplateConfig { Rules = [.. rules] },
        _registry,
        new StderrLogger(_output).CreateLogger("plugin/template"));

    private static TemplateText Text(string source)
    {
        Assert.True(TemplateParser.TryParse(source, out var text, out _));
        return text;
    }

    private static byte[] U16(ushort value) => [(byte)(value >> 8), (byte)value];

    private static GoPattern Pattern(string source) => GoPattern.TryParse(source, out _)!;
}
