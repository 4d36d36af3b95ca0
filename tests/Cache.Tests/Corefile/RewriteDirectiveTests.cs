using NodeDns.Corefile;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

public sealed class RewriteDirectiveTests
{
    [Theory]
    [InlineData("name a.example b.example", "Exact a.example. -> b.example. auto")]
    [InlineData("name exact A.example B.example", "Exact a.example. -> b.example. auto")]
    [InlineData("name prefix a. b.", "Prefix a. -> b.")]
    [InlineData("name suffix .a.example .b.example answer auto", "Suffix .a.example. -> .b.example. auto")]
    [InlineData("name substring -a- -b-", "Substring -a-. -> -b-.")]
    [InlineData("name regex (.*)\\.a\\.example {1}.b.example", "Regex (.*)\\.a\\.example -> {1}.b.example.")]
    [InlineData("name regex (.*)-(x)\\.a\\.example {1}.b.example answer name (.*)\\.b\\.example {1}.a.example",
        "Regex (.*)-(x)\\.a\\.example -> {1}.b.example. Name((.*)\\.b\\.example -> {1}.a.example.)")]
    [InlineData("name regex (.*)\\.a {1}.b answer name (.*)\\.b {1}.a value (.*)\\.c {1}.d",
        "Regex (.*)\\.a -> {1}.b. Name((.*)\\.b -> {1}.a.) Value((.*)\\.c -> {1}.d.)")]
    [InlineData("continue name a b", "Exact a. -> b. auto continue")]
    [InlineData("stop name a b", "Exact a. -> b. auto")]
    [InlineData("stop {\nname regex (.*)\\.a {1}.b\nanswer name (.*)\\.b {1}.a\n}",
        "Regex (.*)\\.a -> {1}.b. Name((.*)\\.b -> {1}.a.)")]
    public void Names(string rule, string expected)
    {
        var name = Assert.IsType<RewriteNameRule>(Rule(rule));
        var answers = name.Answers.Select(answer => $" {answer.Kind}({answer.From} -> {answer.To})");
        Assert.Equal(expected, $"{name.Match.Kind} {name.Match.Text} -> {name.To}{(name.AnswerAuto ? " auto" : "")}"
            + string.Concat(answers) + (name.Continue ? " continue" : ""));
    }

    [Fact]
    public void Types_and_classes()
    {
        Assert.Equal((28, 1), Rule("type AAAA A") is RewriteTypeRule type ? (type.From, type.To) : default);
        Assert.Equal((3, 1), Rule("class CH IN") is RewriteClassRule @class ? (@class.From, @class.To) : default);
    }

    [Theory]
    [InlineData("ttl example.org 30", "Exact example.org. 30-30")]
    [InlineData("ttl suffix example.org 30-60", "Suffix example.org. 30-60")]
    [InlineData("ttl regex .* -60", "Regex .* 0-60")]
    [InlineData("ttl exact example.org 30-", "Exact example.org. 30-2147483647")]
    public void Ttls(string rule, string expected)
    {
        var ttl = Assert.IsType<RewriteTtlRule>(Rule(rule));
        Assert.Equal(expected, $"{ttl.Match.Kind} {ttl.Match.Text} {ttl.MinTtlSeconds}-{ttl.MaxTtlSeconds}");
    }

    [Theory]
    [InlineData("rcode example.org NXDOMAIN NOERROR", "Exact example.org. 3 0")]
    [InlineData("rcode suffix example.org 2 3", "Suffix example.org. 2 3")]
    public void Rcodes(string rule, string expected)
    {
        var rcode = Assert.IsType<RewriteRcodeRule>(Rule(rule));
        Assert.Equal(expected, $"{rcode.Match.Kind} {rcode.Match.Text} {rcode.From} {rcode.To}");
    }

    [Theory]
    [InlineData("cname From.example. To.example.", "Exact from.example. to.example.")]
    [InlineData("cname regex (.*)\\.from\\.example\\. {1}.to.example.", "Regex (.*)\\.from\\.example\\. {1}.to.example.")]
    public void Cnames(string rule, string expected)
    {
        var cname = Assert.IsType<RewriteCnameRule>(Rule(rule));
        Assert.Equal(expected, $"{cname.Match.Kind} {cname.Match.Text} {cname.To}");
    }

    [Theory]
    [InlineData("edns0 local set 0xffee 0x61626364", "Local Set 65518 61626364 None")]
    [InlineData("edns0 local append 65518 abcd revert", "Local Append 65518 61626364 None revert")]
    [InlineData("edns0 local replace 0xffee {client_ip}", "Local Replace 65518  ClientIp")]
    [InlineData("edns0 local unset 0xffee", "Local Unset 65518  None")]
    [InlineData("edns0 nsid set", "Nsid Set 3  None")]
    [InlineData("edns0 nsid unset", "Nsid Unset 3  None")]
    [InlineData("edns0 subnet set 24 56", "Subnet Set 8  None 24/56")]
    [InlineData("edns0 subnet unset", "Subnet Unset 8  None")]
    public void Edns0(string rule, string expected)
    {
        var edns = Assert.IsType<RewriteEdns0Rule>(Rule(rule));
        Assert.Equal(expected, $"{edns.Kind} {edns.Action} {edns.Code} {Convert.ToHexString(edns.Data.AsSpan())} "
            + edns.Variable + (edns.Ipv4Bits > 0 ? $" {edns.Ipv4Bits}/{edns.Ipv6Bits}" : "")
            + (edns.Revert ? " revert" : ""));
    }

    [Fact]
    public void Rules_stay_in_order() => Assert.Equal([typeof(RewriteNameRule), typeof(RewriteTypeRule)],
        Corefiles.Block("rewrite name a b\nrewrite type ANY HINFO").Rewrite!.Rules.Select(rule => rule.GetType()));

    [Theory]
    [InlineData("", "(nothing): expected name, type, class, ttl, cname, rcode or edns0, or before it continue or stop")]
    [InlineData("stop", "stop: expected name, type, class, ttl, cname, rcode or edns0, or before it continue or stop")]
    [InlineData("nonsense a b", "nonsense a b: expected name, type, class, ttl, cname, rcode or edns0, or before it "
        + "continue or stop")]
    [InlineData("answer name a b", "answer name a b: expected answer rules after the name rule they belong to")]
    [InlineData("name a", "name a: expected name [exact|prefix|suffix|substring|regex] FROM TO, then answer auto or "
        + "answer name|value PATTERN TO")]
    [InlineData("name fuzzy a b", "name fuzzy a b: expected exact, prefix, suffix, substring or regex")]
    [InlineData("name regex (a b", "name regex (a b: expected a regular expression in RE2 syntax")]
    [InlineData("name regex (a) {1}{2}", "name regex (a) {1}{2}: expected {1}, {2}… only up to the number of groups in the "
        + "pattern")]
    [InlineData("name regex a b answer auto answer name c d",
        "name regex a b answer auto answer name c d: expected either answer auto or answer name, not both")]
    [InlineData("name exact a b nonsense c", "name exact a b nonsense c: expected name [exact|prefix|suffix|substring|regex] "
        + "FROM TO, then answer auto or answer name|value PATTERN TO")]
    [InlineData("type A", "type A: expected type FROM TO, such as type AAAA A")]
    [InlineData("type A NONSENSE", "type A NONSENSE: expected type FROM TO, such as type AAAA A")]
    [InlineData("class IN", "class IN: expected class FROM TO, such as class CH IN")]
    [InlineData("ttl a -", "ttl a -: expected ttl [exact|prefix|suffix|substring|regex] NAME SECONDS, or a range MIN-MAX")]
    [InlineData("ttl a 60-30",
        "ttl a 60-30: expected ttl [exact|prefix|suffix|substring|regex] NAME SECONDS, or a range MIN-MAX")]
    [InlineData("rcode a NONSENSE NOERROR", "rcode a NONSENSE NOERROR: expected rcode [exact|prefix|suffix|substring|regex] "
        + "NAME FROM TO, such as rcode example.org SERVFAIL NXDOMAIN")]
    [InlineData("cname a", "cname a: expected cname [exact|prefix|suffix|substring|regex] FROM TO")]
    [InlineData("edns0 local", "edns0 local: expected edns0 local|nsid|subnet set|append|replace|unset")]
    [InlineData("edns0 local set 0x10000 a", "edns0 local set 0x10000 a: expected local ACTION CODE DATA, where CODE is 0 "
        + "to 65535 or 0x0 to 0xffff")]
    [InlineData("edns0 local set 1 0xabc",
        "edns0 local set 1 0xabc: expected an even number of hexadecimal digits after 0x")]
    [InlineData("edns0 local set 1 {pod}", "edns0 local set 1 {pod}: expected {qname}, {qtype}, {client_ip}, {client_port}, "
        + "{protocol}, {server_ip} or {server_port}")]
    [InlineData("edns0 subnet set 33 56", "edns0 subnet set 33 56: expected subnet set|append|replace IPV4BITS IPV6BITS, 0 "
        + "to 32 and 0 to 128")]
    [InlineData("edns0 nsid set x", "edns0 nsid set x: expected nothing after nsid and its action but revert")]
    public void Rejected(string rule, string expected) =>
        Assert.Equal($"2: rewrite: {expected}", Corefiles.Errors($"rewrite {rule}"));

    private static RewriteRule Rule(string rule) => Assert.Single(Corefiles.Block($"rewrite {rule}").Rewrite!.Rules);
}
