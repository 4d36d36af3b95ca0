using NodeDns.Corefile;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

public sealed class TemplateDirectiveTests
{
    [Fact]
    public void Every_option()
    {
        var rule = Assert.Single(Corefiles.Block(
            """
            template IN A example.org 10.0.0.0/24 {
                match ^a[.] ^b[.]
                match (?P<host>.*)[.]example[.]org[.]$
                answer "{{ .Name }} 60 IN A 192.0.2.1" "{{ .Name }} 60 IN A 192.0.2.2"
                authority "example.org. 60 IN NS ns.example.org."
                additional "ns.example.org. 60 IN A 192.0.2.3"
                rcode NXDOMAIN
                ederror 15 "because of policy"
                fallthrough a.example.org
                upstream
            }
            """).Template!.Rules);
        Assert.Equal((1, 1, 3), (rule.Qclass, rule.Qtype, rule.Rcode));
        Assert.Equal(["example.org.", "0.0.10.in-addr.arpa."], rule.Zones);
        Assert.Equal(["^a[.]", "^b[.]", "(?P<host>.*)[.]example[.]org[.]$"], rule.Match.Select(match => match.Source));
        Assert.Equal((2, 1, 1), (rule.Answer.Length, rule.Authority.Length, rule.Additional.Length));
        Assert.Equal(new ExtendedError(15, "because of policy"), rule.ExtendedError);
        Assert.Equal(["a.example.org."], rule.Fallthrough);
    }

    [Fact]
    public void Defaults()
    {
        var rule = Assert.Single(Corefiles.Block("template ANY ANY").Template!.Rules);
        Assert.Equal((TemplateRule.Any, TemplateRule.Any, 0), (rule.Qclass, rule.Qtype, rule.Rcode));
        Assert.Equal(["."], rule.Zones);
        Assert.True(Assert.Single(rule.Match).IsMatch("anything."));
        Assert.Empty(rule.Fallthrough);
    }

    [Fact]
    public void Rules_stay_in_order() => Assert.Equal([1, 28],
        Corefiles.Block("template IN A\ntemplate IN AAAA").Template!.Rules.Select(rule => (int)rule.Qtype));

    [Fact]
    public void Template_that_makes_no_record_is_loaded_with_a_warning() => Assert.Equal(
        "3: template: {{ template `x` }}: makes no record: expected a template, but x is not defined",
        Corefiles.Warnings("template IN A {\nanswer \"{{ template `x` }}\"\n}"));

    [Theory]
    [InlineData("template", "2: template: (nothing): expected a class and a type, such as IN A or ANY ANY, then zones")]
    [InlineData("template IN", "2: template: IN: expected a class and a type, such as IN A or ANY ANY, then zones")]
    [InlineData("template IN NONSENSE",
        "2: template: IN NONSENSE: expected a class and a type, such as IN A or ANY ANY, then zones")]
    [InlineData("template IN A {\nmatch\n}", "3: template: match: expected at least one regular expression")]
    [InlineData("template IN A {\nmatch (\n}", "3: template: match (: expected a regular expression in RE2 syntax")]
    [InlineData("template IN A {\nanswer\n}", "3: template: answer: expected at least one record")]
    [InlineData("template IN A {\nanswer \"{{ .Name\"\n}", "3: template: {{ .Name: expected }} after {{")]
    [InlineData("template IN A {\nanswer \"{{ range .Match }}\"\n}",
        "3: template: {{ range .Match }}: expected {{ end }} after {{ range }}")]
    [InlineData("template IN A {\nrcode NONSENSE\n}", "3: template: rcode NONSENSE: expected one rcode such as NXDOMAIN")]
    [InlineData("template IN A {\nederror many\n}",
        "3: template: ederror many: expected a code, 0 to 65535, and maybe a text")]
    [InlineData("template IN A {\nexpr true\n}", "3: template: expr true: expected no expressions: use match with groups, "
        + "and {{ if }} in the answer")]
    [InlineData("template IN A {\nnonsense\n}", "3: template: nonsense: expected one of match, answer, authority, additional, "
        + "rcode, ederror, fallthrough")]
    public void Rejected(string directives, string expected) =>
        Assert.Equal(expected, Corefiles.Errors(directives));
}
