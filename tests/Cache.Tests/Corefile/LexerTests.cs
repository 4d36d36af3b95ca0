using NodeDns.Corefile;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

public sealed class LexerTests
{
    [Theory]
    [InlineData("a b\tc", "a@1|b@1|c@1")]
    [InlineData("a\n\nb", "a@1|b@3")]
    [InlineData("a\r\nb", "a@1|b@2")]
    [InlineData("\uFEFFa", "a@1")]
    [InlineData("a # b { \"\nc", "a@1|c@2")]
    [InlineData("# all\n#of it\n", "")]
    [InlineData("\"a b\" c", "a b@1|c@1")]
    [InlineData("\"\" c", "@1|c@1")]
    [InlineData("\"a \\\" b\"", "a \" b@1")]
    [InlineData("\"(.*)\\.a\\\\\"", "(.*)\\.a\\\\@1")]
    [InlineData("\"a\nb\" c", "a\nb@1|c@2")]
    [InlineData("a\"b c", "a\"b@1|c@1")]
    [InlineData("\"a\"b", "a@1|b@1")]
    [InlineData("a\\\nb", "a\\@1|b@2")]
    [InlineData("{ {$A} }", "{@1|{$A}@1|}@1")]
    [InlineData("a#b c", "a@1|c@1")]
    [InlineData("a#b\nc", "a@1|c@2")]
    public void Words_are_split_as_caddyfile_splits_them(string text, string expected)
    {
        var problems = new ProblemList();
        var tokens = Lexer.Read("Corefile", text, problems);
        Assert.Equal(expected, string.Join('|', tokens.Select(token => $"{token.Text}@{token.At.Line}")));
        Assert.False(problems.HasErrors);
    }

    [Fact]
    public void An_open_quote_is_an_error_at_its_line()
    {
        var problems = new ProblemList();
        Lexer.Read("Corefile", "a\n\"b\nc", problems);
        Assert.Equal("Corefile:2: syntax: \": expected a closing quote", Assert.Single(problems.Errors).ToString());
    }
}
