using NodeDns.Cache.Plugins;
using NodeDns.Corefile;
using NodeDns.Dns.Wire;
using NodeDns.Go;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Plugins;

public class RewriteRulesTests
{
    [Theory]
    [InlineData(NameMatchKind.Exact, "a.example.", "b.example.", "A.example.", "b.example.")]
    [InlineData(NameMatchKind.Prefix, "old-", "new-", "old-x.example.", "new-x.example.")]
    [InlineData(NameMatchKind.Suffix, ".example.", ".svc.cluster.local.", "a.example.", "a.svc.cluster.local.")]
    [InlineData(NameMatchKind.Substring, "east", "west", "a.east.east.", "a.west.west.")]
    [InlineData(NameMatchKind.Regex, @"^(.*)\.(.*)\.example\.$", "{2}.{1}.org.", "a.b.example.", "b.a.org.")]
    public void Name_is_rewritten(NameMatchKind kind, string from, string to, string asked, string expected)
    {
        var rewritten = Rewrite(asked, "A", Name(kind, from, to))!;
        Assert.Equal(expected, DnsName.ToText(rewritten.Name));
        Assert.Null(Rewrite("other.name.", "A", Name(kind, from, to)));
    }

    [Fact]
    public void Exact_rule_restores_question_and_owner_in_the_clients_own_case()
    {
        var rewritten = Rewrite("A.Example.", "A", Name(NameMatchKind.Exact, "a.example.", "b.example."))!;
        var reply = Restore(
            rewritten, Reply("b.example.", "A", ["b.example. 60 IN CNAME x.b.example.", "x.b.example. 60 IN A 10.0.0.1"]));
        Assert.Equal("A.Example. IN A", reply.Question!.ToString());
        Assert.Equal(
            ["an a.example. 60 IN CNAME x.a.example.", "an x.a.example. 60 IN A 10.0.0.1"], Asked.Lines(reply));
    }

    [Fact]
    public void Suffix_rule_with_answer_auto_exchanges_the_suffixes_everywhere()
    {
        var rewritten = Rewrite(
            "a.example.", "SRV", Name(NameMatchKind.Suffix, ".example.", ".cluster.local.", auto: true))!;
        var reply = Restore(
            rewritten,
            Reply("a.cluster.local.", "SRV", ["a.cluster.local. 60 IN SRV 1 2 3 b.cluster.local."]));
        Assert.Equal(["an a.example. 60 IN SRV 1 2 3 b.example."], Asked.Lines(reply));
    }

    [Fact]
    public void Without_answer_rules_only_the_question_is_restored()
    {
        var rewritten = Rewrite(
            "a.example.", "A", Name(NameMatchKind.Regex, @"(.*)\.example\.", "{1}.org."))!;
        var reply = Restore(rewritten, Reply("a.org.", "A", ["a.org. 60 IN A 10.0.0.1"]));
        Assert.Equal("a.example. IN A", reply.Question!.ToString());
        Assert.Equal(["an a.org. 60 IN A 10.0.0.1"], Asked.Lines(reply));
    }

    [Fact]
    public void Answer_name_and_answer_value_replace_by_their_patterns()
    {
        var rule = new RewriteNameRule(
            Match(NameMatchKind.Suffix, ".a."),
            ".b.",
            AnswerAuto: false,
            [
                new RewriteAnswer(RewriteAnswerKind.Name, Pattern(@"(.*)\.b\."), "{1}.a."),
                new RewriteAnswer(RewriteAnswerKind.Value, Pattern(@"(.*)\.c\."), "{1}.d."),
            ]);
        var reply = Restore(Rewrite("x.a.", "MX", rule)!, Reply("x.b.", "MX", ["x.b. 60 IN MX 5 m.c."]));
        Assert.Equal(["an x.a. 60 IN MX 5 m.d."], Asked.Lines(reply));
    }

    [Fact]
    public void Rules_stop_at_the_first_that_applies_unless_it_says_continue()
    {
        RewriteRule first = Name(NameMatchKind.Exact, "a.", "b.");
        RewriteRule second = Name(NameMatchKind.Exact, "b.", "c.");
        Assert.Equal("b.", DnsName.ToText(Rewrite("a.", "A", first, second)!.Name));
        var chained = Rewrite("a.", "A", first with { Continue = true }, second)!;
        Assert.Equal("c.", DnsName.ToText(chained.Name));
        Assert.Equal(["an a. 60 IN A 10.0.0.1"], Asked.Lines(Restore(chained, Reply("c.", "A", ["c. 60 IN A 10.0.0.1"]))));
    }

    [Fact]
    public void Type_and_class_are_rewritten_and_restored()
    {
        var rewritten = Rewrite(
            "a.", "ANY", new RewriteTypeRule(255, 13) { Continue = true }, new RewriteClassRule(1, 3))!;
        Assert.Equal(Qtype.HINFO, rewritten.Type);
        Assert.Equal(Qclass.CH, rewritten.Class);
        Assert.Equal("a. IN ANY", Restore(rewritten, Reply("a.", "HINFO", [])).Question!.ToString());
        Assert.Null(Rewrite("a.", "A", new RewriteTypeRule(255, 13)));
    }

    [Fact]
    public void Ttl_is_moved_into_its_range()
    {
        var rewritten = Rewrite("a.", "A", new RewriteTtlRule(Match(NameMatchKind.Exact, "a."), 30, 300))!;
        var reply = Restore(
            rewritten, Reply("a.", "A", ["a. 5 IN A 10.0.0.1", "a. 60 IN A 10.0.0.2", "a. 3600 IN A 10.0.0.3"]));
        Assert.Equal([30u, 60u, 300u], reply.Answer.Select(record => record.TtlSeconds));
    }

    [Fact]
    public void Rcode_is_replaced_also_in_a_reply_without_records()
    {
        var rewritten = Rewrite("a.", "A", new RewriteRcodeRule(Match(NameMatchKind.Exact, "a."), 2, 3))!;
        var reply = Reply("a.", "A", []);
        reply.Rcode = 2;
        Assert.Equal("NXDOMAIN", Restore(rewritten, reply).RcodeText);
    }

    [Fact]
    public void Cname_rule_says_which_name_to_follow_and_merges_what_is_found()
    {
        var rewritten = Rewrite(
            "a.", "A", new RewriteCnameRule(Match(NameMatchKind.Suffix, ".old."), ".new."))!;
        var reply = Reply("a.", "A", ["a. 60 IN CNAME x.old.", "x.old. 60 IN A 10.0.0.1"]).ToBytes();
        Assert.Equal("x.new.", DnsName.ToText(rewritten.CnameToFollow(reply)!));
        var output = new byte[4096];
        var found = Reply("x.new.", "A", ["x.new. 30 IN A 10.0.0.2"]).ToBytes();
        var length = rewritten.MergeCname(reply, found, output);
        Assert.Equal(
            ["an a. 60 IN CNAME x.new.", "an x.new. 30 IN A 10.0.0.2"],
            Asked.Lines(DnsMessage.Parse(output.AsSpan(0, length))));
        Assert.Null(rewritten.CnameToFollow(Reply("a.", "A", ["a. 60 IN CNAME x.other."]).ToBytes()));
    }

    [Theory]
    [InlineData(Edns0Action.Set, "", "FDE90002ABCD")]
    [InlineData(Edns0Action.Set, "FDE9000100", "FDE90002ABCD")]
    [InlineData(Edns0Action.Append, "FDE9000100", "FDE9000100FDE90002ABCD")]
    [InlineData(Edns0Action.Replace, "FDE9000100", "FDE90002ABCD")]
    [InlineData(Edns0Action.Replace, "", "")]
    [InlineData(Edns0Action.Unset, "FDE9000100", "")]
    [InlineData(Edns0Action.Set, "000A00080102030405060708", "FDE90002ABCD")]
    public void Edns0_local_option_is_written(Edns0Action action, string clients, string expected)
    {
        var rule = new RewriteEdns0Rule { Kind = Edns0OptionKind.Local, Action = action, Code = 65001, Data = [0xAB, 0xCD] };
        var query = DnsMessage.Query("a.", "A");
        query.Edns = new DnsEdns(Options: Convert.FromHexString(clients));
        var rules = new RewriteRules(new RewriteConfig { Rules = [rule] });
        Assert.Equal(expected, Options(rules, new Asked("a.", "A", query: query)));
    }

    [Theory]
    [InlineData(Edns0Variable.Qname, "612E")]
    [InlineData(Edns0Variable.Qtype, "0001")]
    [InlineData(Edns0Variable.ClientIp, "0A000007")]
    [InlineData(Edns0Variable.ClientPort, "9C40")]
    [InlineData(Edns0Variable.Protocol, "756470")]
    [InlineData(Edns0Variable.ServerIp, "A9FE140A")]
    [InlineData(Edns0Variable.ServerPort, "0035")]
    public void Edns0_local_option_can_carry_a_variable(Edns0Variable variable, string data)
    {
        var rules = new RewriteRules(new RewriteConfig
        {
            Rules = [new RewriteEdns0Rule { Action = Edns0Action.Set, Code = 65001, Variable = variable }],
        });
        Assert.Equal($"FDE9{data.Length / 2:X4}{data}", Options(rules, new Asked("a.", "A")));
    }

    [Theory]
    [InlineData("10.1.2.3", "0008000700011800" + "0A0102")]
    [InlineData("10.1.255.255", "0008000700011400" + "0A01F0", 20)]
    [InlineData("fd00:1:2::1", "0008000A00023000" + "FD0000010002")]
    public void Edns0_subnet_carries_only_the_bits_it_may(string client, string expected, int v4Bits = 24)
    {
        var rule = new RewriteEdns0Rule
        {
            Kind = Edns0OptionKind.Subnet,
            Action = Edns0Action.Set,
            Code = 8,
            Ipv4Bits = v4Bits,
            Ipv6Bits = 48,
        };
        var rules = new RewriteRules(new RewriteConfig { Rules = [rule] });
        Assert.Equal(expected, Options(rules, new Asked("a.", "A", client)));
    }

    [Fact]
    public void Name_that_became_none_is_invalid() =>
        Assert.True(Rewrite("a.", "A", Name(NameMatchKind.Exact, "a.", new string('x', 64) + "."))!.IsInvalid);

    [Fact]
    public void Restored_reply_is_compressed_and_survives_truncated_input()
    {
        var rewritten = Rewrite("a.example.", "A", Name(NameMatchKind.Exact, "a.example.", "b.example."))!;
        var reply = Reply(
            "b.example.", "A", [.. Enumerable.Range(0, 20).Select(i => $"b.example. 60 IN A 10.0.0.{i}")]).ToBytes();
        var output = new byte[4096];
        Assert.Equal(reply.Length, rewritten.Restore(reply, output));
        for (var cut = 0; cut < reply.Length; cut++)
        {
            Assert.Equal(0, rewritten.Restore(reply.AsSpan(0, cut), output));
        }
    }

    [Fact]
    public void Edns0_rules_that_are_not_reached_send_nothing_and_those_behind_a_new_name_do()
    {
        RewriteEdns0Rule set = new() { Action = Edns0Action.Set, Code = 65001, Data = [1] };
        RewriteEdns0Rule other = new() { Action = Edns0Action.Set, Code = 65002, Data = [2], Continue = true };
        Assert.Equal("", Options(new RewriteRules(new RewriteConfig
        {
            Rules = [Name(NameMatchKind.Exact, "a.", "b."), set],
        }), new Asked("a.", "A")));
        Assert.Equal("FDE9000101", Options(new RewriteRules(new RewriteConfig
        {
            Rules = [Name(NameMatchKind.Exact, "a.", "b.") with { Continue = true }, Name(NameMatchKind.Exact, "a.", "c."), set],
        }), new Asked("a.", "A")));
        Assert.Equal("FDEA000102FDE9000101", Options(new RewriteRules(new RewriteConfig
        {
            Rules = [other, set, new RewriteEdns0Rule { Action = Edns0Action.Unset, Code = 65001 }],
        }), new Asked("a.", "A")));
    }

    [Fact]
    public void Edns0_options_keep_the_clients_order_and_any_number_of_them()
    {
        var query = DnsMessage.Query("a.", "A");
        query.Edns = new DnsEdns(Options: Convert.FromHexString("FDEA000102" + "FDE9000109" + "000A00021234" + "FDE9000108"));
        var rules = new RewriteRules(new RewriteConfig
        {
            Rules =
            [
                new RewriteEdns0Rule { Action = Edns0Action.Set, Code = 65001, Data = [1, 2, 3], Continue = true },
                new RewriteEdns0Rule { Action = Edns0Action.Replace, Code = 65002, Data = [] },
            ],
        });
        Assert.Equal("FDEA0000" + "FDE90003010203" + "FDE9000108", Options(rules, new Asked("a.", "A", query: query)));
    }

    private static string Options(RewriteRules rules, Asked asked) => Convert.ToHexString(
        rules.WriteOptions(asked.Query, new byte[rules.RoomForOptions(asked.Query.Message.Length)]));

    private static RewriteNameRule Name(NameMatchKind kind, string from, string to, bool auto = false) =>
        new(Match(kind, from), to, auto, []);

    private static NameMatch Match(NameMatchKind kind, string from) =>
        new(kind, from, kind == NameMatchKind.Regex ? Pattern(from) : null);

    private static RewrittenQuestion? Rewrite(string name, string type, params RewriteRule[] rules) =>
        new RewriteRules(new RewriteConfig { Rules = [.. rules] }).TryRewrite(new Asked(name, type).Query);

    private static DnsMessage Reply(string name, string type, string[] answer)
    {
        var message = DnsMessage.ReplyTo(DnsMessage.Query(name, type));
        message.Answer.AddRange(answer.Select(DnsRecord.Parse));
        return message;
    }

    private static DnsMessage Restore(RewrittenQuestion rewritten, DnsMessage reply)
    {
        var output = new byte[4096];
        var length = rewritten.Restore(reply.ToBytes(), output);
        return DnsMessage.Parse(output.AsSpan(0, length));
    }

    private static GoPattern Pattern(string source) => GoPattern.TryParse(source, out _)!;
}
