using NodeDns.Cache.Corefile;
using NodeDns.Cache.Corefile.Templates;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

/// <summary>What templates write. The scenarios compare the same with CoreDNS.</summary>
public sealed class TemplateTests
{
    [Theory]
    [InlineData("{{ .Name }} 60 IN A 192.0.2.1", "ip-10-0-0-9.example.org. 60 IN A 192.0.2.1")]
    [InlineData("{{.Name}}", "ip-10-0-0-9.example.org.")]
    [InlineData("{{ .Zone }} {{ .Class }} {{ .Type }}", "example.org. IN AAAA")]
    [InlineData("{{ index .Match 1 }}.{{ index .Match 4 }}", "10.9")]
    [InlineData("{{ .Group.a }}.{{ .Group.d }}", "10.9")]
    [InlineData("{{ index .Group \"d\" }}{{ index .Group `2` }}", "90")]
    [InlineData("{{ .Group.none }}x", "<no value>x")]
    [InlineData("{{ index .Group `none` }}x", "x")]
    [InlineData("{{ .Question.Name }} {{ .Question.Qtype }}", "IP-10-0-0-9.Example.org. 28")]
    [InlineData("{{ .Remote }} {{ .Message.Id }} {{ .Message.RecursionDesired }}", "203.0.113.5 7 true")]
    [InlineData("{{ parseInt .Group.a 16 8 }}", "16")]
    [InlineData("a {{- /* nothing */ -}} b", "ab")]
    [InlineData("a {{ `x` -}} \n b", "a xb")]
    [InlineData("{{ \"}}\" }}", "}}")]
    [InlineData("{{ if eq .Type `A` }}four{{ else if eq .Type `AAAA` }}six{{ else }}none{{ end }}", "six")]
    [InlineData("{{ if and .Name (ne .Zone `x`) }}y{{ end }}", "y")]
    [InlineData("{{ if or false 0 `` nil }}y{{ else }}n{{ end }}", "n")]
    [InlineData("{{ with .Group.a }}{{ . }}{{ else }}none{{ end }}", "10")]
    [InlineData("{{ with .Group.none }}{{ . }}{{ else with .Zone }}{{ . }}{{ end }}", "example.org.")]
    [InlineData("{{ range $i, $m := .Match }}{{ if $i }}{{ $i }}={{ $m }} {{ end }}{{ end }}", "1=10 2=0 3=0 4=9 ")]
    [InlineData("{{ range .Match }}{{ if eq . `9` }}{{ break }}{{ end }}{{ len . }} {{ end }}", "24 2 1 1 ")]
    [InlineData("{{ range $k, $v := .Group }}{{ $k }}{{ end }}", "01234ad")]
    [InlineData("{{ range 3 }}{{ . }}{{ end }}{{ range 0 }}x{{ else }}none{{ end }}", "012none")]
    [InlineData("{{ $x := .Name }}{{ $x = `b` }}{{ $x }}{{ $.Zone }}", "bexample.org.")]
    [InlineData("{{ .Group.a | printf `%03s-%02d` | len }}", "16")]
    [InlineData("{{ printf `%02x%X|%-4s|%4d|%04d|%q|%v|%t|%%` 10 255 `a` 7 -7 `q` .Match true }}",
        "0aFF|a   |   7|-007|\"q\"|[ip-10-0-0-9.example.org. 10 0 0 9]|true|%")]
    [InlineData("{{ printf `%d %s` `a` }}{{ printf `x` 1 }}", "%!d(string=a) %!s(MISSING)x%!(EXTRA int=1)")]
    [InlineData("{{ print 1 2 `a` 3 }}", "1 2a3")]
    [InlineData("{{ slice .Name 0 2 }}{{ len (slice .Match 1) }}", "ip4")]
    [InlineData("{{ not 0 }}{{ lt 1 2 }}{{ ge `a` `b` }}{{ eq 1 2 1 }}", "truetruefalsetrue")]
    [InlineData("{{ 0x1F }} {{ 1_000 }} {{ 017 }} {{ 'a' }}", "31 1000 15 97")]
    [InlineData("{{ .Meta `kubernetes/namespace` }}x", "x")]
    [InlineData("{{ (index .Message.Question 0).Qclass }}", "1")]
    public void Texts_are_rendered_as_go_would(string text, string expected) => Assert.Equal(expected, Render(text));

    [Theory]
    [InlineData("{{ index .Match 5 }}", "index [ip-10-0-0-9.example.org. 10 0 0 9] 5: these values do not go together")]
    [InlineData("{{ parseInt .Name 10 8 }}", "parseInt ip-10-0-0-9.example.org. 10 8: these values do not go together")]
    [InlineData("{{ parseInt `300` 10 8 }}", "parseInt 300 10 8: these values do not go together")]
    [InlineData("{{ eq 1 `1` }}", "eq 1 1: these values do not go together")]
    [InlineData("{{ range .Name }}x{{ end }}", "range cannot go over ip-10-0-0-9.example.org.")]
    [InlineData("{{ with .Name }}{{ .Zone }}{{ end }}", "there is no field Zone")]
    [InlineData("{{ . }}", "a whole message or question has no text")]
    [InlineData("{{ range 999999999 }}x{{ end }}", "it writes without end")]
    [InlineData("{{ range 65536 }}{{ range 65536 }}{{ end }}{{ end }}", "it writes without end")]
    [InlineData("{{ $x := `ab` }}{{ range 24 }}{{ $x = print $x $x }}{{ end }}", "it writes without end")]
    [InlineData("{{ $x := `ab` }}{{ range 16 }}{{ $x = print $x $x }}{{ end }}{{ range 65000 }}{{ len $x }}{{ end }}",
        "it writes without end")]
    public void What_cannot_be_rendered_for_a_question_says_why(string text, string expected)
    {
        Assert.Null(Render(text, out string problem));
        Assert.Equal(expected, problem);
    }

    [Theory]
    [InlineData("{{ .Name", "expected }} after {{")]
    [InlineData("{{ }}", "expected a value")]
    [InlineData("{{ if .Name }}x", "expected {{ end }} after {{ if }}")]
    [InlineData("{{ end }}", "expected no {{ end }} here")]
    [InlineData("{{ break }}", "expected break within a range only")]
    [InlineData("{{ $x }}", "expected a variable, but $x has not been set")]
    [InlineData("{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}", "expected a variable, but $x has not been set")]
    [InlineData("{{ .Group.1 }}", "expected a name behind the dot; by number: index .Match 1")]
    [InlineData("{{ define `x` }}{{ end }}", "expected no define: a record is one template")]
    [InlineData("{{ lt 1 }}", "expected two values after lt")]
    [InlineData("{{ .Name .Zone }}", "expected a function before several values")]
    [InlineData("{{ 1.5 }}", "expected a whole number, but found 1.5")]
    [InlineData("{{ \"a }}", "expected \" at the end of \"a }}")]
    [InlineData("{{ if true }}{{ else }}{{ else }}{{ end }}", "expected one {{ else }}")]
    public void What_is_no_template_is_told(string text, string expected)
    {
        Assert.False(TemplateParser.TryParse(text, out _, out string reason));
        Assert.Equal(expected, reason);
    }

    [Fact]
    public void Fields_and_functions_that_do_not_exist_are_told_with_those_that_do()
    {
        Assert.False(TemplateParser.TryParse("{{ .Nothing }}", out _, out string field));
        Assert.Equal($"expected {TemplateFields.Known}, but found .Nothing", field);
        Assert.False(TemplateParser.TryParse("{{ html .Name }}", out _, out string function));
        Assert.Equal($"expected one of {TemplateFunctions.Known}, but found html", function);
    }

    private static string? Render(string text) => Render(text, out _);

    private static string? Render(string text, out string problem)
    {
        var pattern = GoPattern.TryParse(@"^ip-(?P<a>\d+)-(\d+)-(\d+)-(?P<d>\d+)\.example\.org\.$", out _)!;
        const string Name = "ip-10-0-0-9.example.org.";
        Assert.True(TemplateParser.TryParse(text, out var template, out string reason), reason);
        return template.Render(
            new(Name, "example.org.", 28, 1, pattern, pattern.Regex.Match(Name), "IP-10-0-0-9.Example.org.", "203.0.113.5", 7,
                0x0100),
            out problem);
    }
}
