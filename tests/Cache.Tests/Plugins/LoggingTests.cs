using System.Text;
using NodeDns.Cache.Plugins;
using NodeDns.Corefile;
using NodeDns.Dns.Wire;
using NodeDns.Go;
using NodeDns.Telemetry;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Plugins;

public sealed class LoggingTests
{
    private readonly MemoryStream _output = new();
    private long _now;

    private sealed class Clock(LoggingTests test) : TimeProvider
    {
        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => test._now;
    }

    [Fact]
    public void Common_format_is_CoreDNS_s()
    {
        var query = DnsMessage.Query("Example.org.", "A", id: 4711);
        query.Edns = new DnsEdns(1232);
        Assert.Equal(
            "[INFO] 10.0.0.7:40000 - 4711 \"A IN example.org. udp 40 false 1232\" NOERROR qr,rd,ra 45 0.0123s\n",
            Logged(LogConfig.CommonFormat, LogClasses.All, new Asked("Example.org.", "A", query: query), Success()));
    }

    [Fact]
    public void Every_placeholder_is_replaced_and_unknown_ones_stay()
    {
        const string format =
            "{type} {class} {name} {proto} {remote} {local} {port} {size} {>id} {>opcode} {>do} {>bufsize} {rcode} {rsize} "
            + "{>rflags} {duration} {/kubernetes/endpoint} {nothing} } { {x{type}";
        Assert.Equal(
            "[INFO] AAAA IN a. tcp [fd00::7] 169.254.20.10 40000 19 4711 0 false 65535 NOERROR 45 qr,rd,ra 0.0123s - "
            + "{nothing} } { {xAAAA\n",
            Logged(format, LogClasses.All, new Asked("a.", "AAAA", "fd00::7") { IsTcp = true }, Success()));
    }

    [Fact]
    public void Query_without_reply_has_dashes() =>
        Assert.Equal(
            "[INFO] - 0 -\n", Logged("{rcode} {rsize} {>rflags}", LogClasses.All, new Asked("a.", "A"), []));

    [Theory]
    [InlineData("NOERROR", "a. 60 IN A 10.0.0.1", "", LogClasses.Success)]
    [InlineData("NOERROR", "", "a. 60 IN SOA b. c. 1 2 3 4 5", LogClasses.Denial)]
    [InlineData("NOERROR", "", "a. 60 IN NS b.", LogClasses.Success)]
    [InlineData("NXDOMAIN", "", "", LogClasses.Denial)]
    [InlineData("NXDOMAIN", "a. 60 IN CNAME b.", "", LogClasses.Error)]
    [InlineData("SERVFAIL", "", "", LogClasses.Error)]
    [InlineData("REFUSED", "", "", LogClasses.Error)]
    public void Only_wanted_classes_are_logged(string rcode, string answer, string authority, LogClasses expected)
    {
        var reply = DnsMessage.ReplyTo(DnsMessage.Query("a.", "A"));
        reply.Rcode = DnsTypes.RcodeOf(rcode);
        if (answer.Length > 0)
        {
            reply.Answer.Add(DnsRecord.Parse(answer));
        }

        if (authority.Length > 0)
        {
            reply.Authority.Add(DnsRecord.Parse(authority));
        }

        Assert.Equal("[INFO] x\n", Logged("x", expected, new Asked("a.", "A"), reply.ToBytes()));
        Assert.Equal("", Logged("x", LogClasses.All & ~expected, new Asked("a.", "A"), reply.ToBytes()));
    }

    [Fact]
    public void First_rule_whose_zone_matches_decides()
    {
        LogConfig config = new()
        {
            Rules =
            [
                new LogRule("example.org.", "one {name}", LogClasses.Error), new LogRule(".", "two {name}", LogClasses.All),
            ],
        };
        Assert.Equal("", Logged(config, new Asked("a.example.org.", "A"), Success()));
        Assert.Equal("[INFO] two a.\n", Logged(config, new Asked("a.", "A"), Success()));
    }

    [Fact]
    public void Lines_are_dropped_and_counted_when_nobody_reads()
    {
        using var slow = new BlockingStream();
        using (var output = new LogOutput(slow))
        {
            output.Write("first\n");
            slow.Entered.Wait(TestContext.Current.CancellationToken);
            string line = new('x', 999);
            for (var i = 0; i < 1100; i++)
            {
                output.Write(line + "\n");
            }

            slow.Release.Set();
        }
        Assert.Contains("[WARNING] plugin/log: 52 lines dropped", slow.Text);
        Assert.StartsWith("first\n", slow.Text);
    }

    [Fact]
    public void Errors_are_logged_one_by_one_without_consolidate()
    {
        var errors = Errors();
        errors.Failed(Rcode.ServFail, DnsName.ParseLower("a.example."), Qtype.AAAA, "no upstream answered");
        Assert.Equal("[ERROR] plugin/errors: 2 a.example. AAAA: no upstream answered\n", Text());
    }

    [Fact]
    public void Consolidated_errors_are_counted_and_said_once_a_period()
    {
        var errors = Errors(
            new ErrorConsolidation(TimeSpan.FromMinutes(5), Pattern("timeout$"), ErrorLevel.Warning, ShowFirst: false));
        for (var i = 0; i < 3; i++)
        {
            errors.Failed(Rcode.ServFail, DnsName.Root, Qtype.A, "i/o timeout");
        }

        errors.Failed(Rcode.ServFail, DnsName.Root, Qtype.A, "connection refused");
        _now = 299_999;
        errors.Poll();
        Assert.Equal("[ERROR] plugin/errors: 2 . A: connection refused\n", Text());
        _now = 300_000;
        errors.Poll();
        errors.Poll();
        Assert.EndsWith("[WARNING] plugin/errors: 3 errors like 'timeout$' occurred in last 5m0s\n", Text());
        Assert.Equal(2, Text().Split('\n').Length - 1);
    }

    [Fact]
    public void Show_first_says_the_first_at_once_and_the_count_only_when_there_were_more()
    {
        var errors = Errors(
            new ErrorConsolidation(TimeSpan.FromSeconds(30), Pattern("timeout"), ErrorLevel.Info, ShowFirst: true));
        errors.Failed(Rcode.ServFail, DnsName.Root, Qtype.A, "timeout");
        errors.Flush();
        Assert.Equal("[INFO] plugin/errors: 2 . A: timeout\n", Text());
        errors.Failed(Rcode.ServFail, DnsName.Root, Qtype.A, "timeout");
        errors.Failed(Rcode.ServFail, DnsName.Root, Qtype.A, "timeout");
        errors.Flush();
        Assert.EndsWith("[INFO] plugin/errors: 2 errors like 'timeout' occurred in last 30s\n", Text());
    }

    private ErrorLog Errors(params ErrorConsolidation[] consolidate) => new(
        new ErrorsConfig { Consolidate = [.. consolidate] },
        new StderrLogger(_output).CreateLogger("plugin/errors"),
        new Clock(this));

    private static string Logged(string format, LogClasses classes, Asked asked, byte[] reply) =>
        Logged(new LogConfig { Rules = [new LogRule(".", format, classes)] }, asked, reply);

    private static string Logged(LogConfig config, Asked asked, byte[] reply)
    {
        var stream = new MemoryStream();
        using (var output = new LogOutput(stream))
        {
            new QueryLog(config, output).Write(asked.Query, reply, TimeSpan.FromMilliseconds(12.3));
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static byte[] Success()
    {
        var reply = DnsMessage.ReplyTo(DnsMessage.Query("example.org.", "A"));
        reply.Answer.Add(DnsRecord.Parse("example.org. 60 IN A 10.0.0.1"));
        return reply.ToBytes();
    }

    private string Text() => Encoding.UTF8.GetString(_output.ToArray());

    private sealed class BlockingStream : MemoryStream
    {
        public ManualResetEventSlim Entered { get; } = new();

        public ManualResetEventSlim Release { get; } = new();

        public string Text => Encoding.UTF8.GetString(ToArray());

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Entered.Set();
            Release.Wait();
            base.Write(buffer);
        }
    }

    private static GoPattern Pattern(string source) => GoPattern.TryParse(source, out _)!;
}
