using NodeDns.Go;
using NodeDns.Go.Templates;
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
    [InlineData("{{ .Question }}", ";IP-10-0-0-9.Example.org.\tIN\t AAAA")]
    [InlineData("{{ define `x` }}<{{ . }}>{{ end }}{{ template `x` .Zone }}{{ template `x` }}", "<example.org.><<no value>>")]
    [InlineData("{{ define `x` }}{{ $.Type }}{{ end }}{{ with .Name }}{{ template `x` $ }}{{ end }}", "AAAA")]
    [InlineData("{{ block `b` 1 }}[{{ . }}]{{ end }}{{ template `b` 2 }}", "[1][2]")]
    [InlineData("{{ define `x` }} {{ end }}{{ define `x` }}y{{ end }}{{ template `x` }}", "y")]
    [InlineData("{{ define `answer` }}a{{ end }}\n", "a")]
    [InlineData("{{ define `down` }}{{ . }}{{ if . }}{{ template `down` (slice . 1) }}{{ end }}{{ end }}{{ template `down` `abc` }}",
        "abcbcc")]
    [InlineData("{{ html `<a href='x'>&` }}", "&lt;a href=&#39;x&#39;&gt;&amp;")]
    [InlineData("{{ html nil }}{{ print nil }}", "&lt;no value&gt;<nil>")]
    [InlineData("{{ js `'<=\\` }}{{ js `\u00e9\u00a0` }}", "\\'\\u003C\\u003D\\\\\u00e9\\u00A0")]
    [InlineData("{{ urlquery `a b/\u00e9~` }}", "a+b%2F%C3%A9~")]
    [InlineData("{{ 1.5 }} {{ 1e6 }} {{ .5 }} {{ 0x1p-2 }} {{ 1+2i }}", "1.5 1e+06 0.5 0.25 (1+2i)")]
    [InlineData("{{ lt 1.5 2.5 }} {{ if 0.0 }}a{{ else }}b{{ end }}", "true b")]
    [InlineData("{{ printf `%.2f|%6.1f|%e|%g|%+.0f` 3.14159 2.25 1.5 1e21 2.5 }}", "3.14|   2.2|1.500000e+00|1e+21|+2")]
    [InlineData("{{ printf `%[2]s %[1]*[3]d %#v` 4 `a` 7 `b` }}", "a    7 \"b\"")]
    [InlineData("{{ .Group.none.deeper }}{{ range .Group.none }}x{{ else }}y{{ end }}", "<no value>y")]
    [InlineData("{{ $e := 0 }}{{ range $e = .Match }}{{ end }}{{ $e }}", "9")]
    [InlineData("{{ if 0 }}{{ .Nothing }}{{ template `none` }}{{ call 1 }}{{ end }}x", "x")]
    public void Texts_are_rendered_as_go_would(string text, string expected) => Assert.Equal(expected, Render(text));

    [Theory]
    [InlineData("{{ index .Match 5 }}", "index [ip-10-0-0-9.example.org. 10 0 0 9] 5: these values do not go together")]
    [InlineData("{{ parseInt .Name 10 8 }}", "parseInt ip-10-0-0-9.example.org. 10 8: these values do not go together")]
    [InlineData("{{ parseInt `300` 10 8 }}", "parseInt 300 10 8: these values do not go together")]
    [InlineData("{{ eq 1 `1` }}", "eq 1 1: these values do not go together")]
    [InlineData("{{ range .Name }}x{{ end }}", "range cannot go over ip-10-0-0-9.example.org.")]
    [InlineData("{{ with .Name }}{{ .Zone }}{{ end }}", "there is no field Zone")]
    [InlineData("{{ eq 1 `1` 1 }}", "eq 1 1 1: these values do not go together")]
    [InlineData("{{ eq 1 1.0 }}", "eq 1 1: these values do not go together")]
    [InlineData("{{ call .Name }}", "call ip-10-0-0-9.example.org.: these values do not go together")]
    [InlineData("{{ template `none` }}", "there is no template none")]
    [InlineData("{{ define `x` }}{{ template `x` }}{{ end }}{{ template `x` }}", "it writes without end")]
    [InlineData("{{ range $i, $e := 3 }}x{{ end }}", "range cannot go over 3")]
    [InlineData("{{ range .Question }}x{{ end }}", "range cannot go over .Question")]
    [InlineData("{{ print .Message }}", "a whole message or question has no text")]
    [InlineData("{{ 9223372036854775808 }}", "9223372036854775808 is more than an int holds")]
    [InlineData("{{ if 0 }}{{ $x := 1 }}{{ else }}{{ $x }}{{ end }}", "$x has not been set")]
    [InlineData("{{ lt 1 }}", "lt takes two values")]
    [InlineData("{{ .Name .Zone }}", "only a function takes values")]
    [InlineData("{{ . }}", "a whole message or question has no text")]
    [InlineData("{{ range 999999999 }}x{{ end }}", "it writes without end")]
    [InlineData("{{ range 65536 }}{{ range 65536 }}{{ end }}{{ end }}", "it writes without end")]
    [InlineData("{{ $x := `ab` }}{{ range 24 }}{{ $x = print $x $x }}{{ end }}", "it writes without end")]
    [InlineData("{{ $x := `ab` }}{{ range 16 }}{{ $x = print $x $x }}{{ end }}{{ range 65000 }}{{ len $x }}{{ end }}",
        "it writes without end")]
    public void What_cannot_be_rendered_for_a_question_says_why(string text, string expected)
    {
        Assert.Null(Render(text, out var problem));
        Assert.Equal(expected, problem);
    }

    [Theory]
    [InlineData("{{ template `x` }}")]
    [InlineData("{{ range 1 }}{{ template `x` }}{{ end }}")]
    [InlineData("{{ with ((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))) }}{{ template `x` }}{{ end }}")]
    public void Endless_templates_end_on_a_workers_stack(string body)
    {
        const int WorkersStackBytes = 256 * 1024;
        var problem = "";
        var thread = new Thread(
            () => Render("{{ define `x` }}" + body + "{{ end }}{{ template `x` }}", out problem), WorkersStackBytes / 2);
        thread.Start();
        thread.Join();
        Assert.Equal("it writes without end", problem);
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
    [InlineData("{{ if 1 }}{{ define `x` }}{{ end }}{{ end }}", "expected define outside of other actions only")]
    [InlineData("{{ define `x` }}a{{ end }}{{ define `x` }}b{{ end }}", "expected one template x")]
    [InlineData("{{ define `answer` }}a{{ end }}b", "expected one template answer")]
    [InlineData("{{ define x }}{{ end }}", "expected a name in quotes after define")]
    [InlineData("{{ block `x` }}{{ end }}", "expected a value")]
    [InlineData("{{ block `x` . }}{{ else }}{{ end }}", "expected no {{ else }} after {{ block }}")]
    [InlineData("{{ range .Match }}{{ block `x` . }}{{ break }}{{ end }}{{ end }}", "expected break within a range only")]
    [InlineData("{{ $x := 1 }}{{ define `x` }}{{ $x }}{{ end }}", "expected a variable, but $x has not been set")]
    [InlineData("{{ .Name | 1 }}", "expected a function after |")]
    [InlineData("{{ 1.5.5 }}", "expected a number, but found 1.5.5")]
    [InlineData("{{ 99999999999999999999 }}", "expected a number, but found 99999999999999999999")]
    [InlineData("{{ \"a }}", "expected \" at the end of \"a }}")]
    [InlineData("{{ if true }}{{ else }}{{ else }}{{ end }}", "expected one {{ else }}")]
    public void What_is_no_template_is_told(string text, string expected)
    {
        Assert.False(TemplateParser.TryParse(text, out _, out var reason));
        Assert.Equal(expected, reason);
    }

    /// <summary>As CoreDNS loads them, and answers SERVFAIL.</summary>
    [Theory]
    [InlineData("{{ lt 1 }}", "expected two values after lt")]
    [InlineData("{{ .Name .Zone }}", "expected a function before several values")]
    [InlineData("{{ nil }}", "expected a value, and nil is none")]
    [InlineData("{{ .Meta }}", "expected one name after .Meta")]
    [InlineData("{{ call .Name }}", "expected no call: no value is a function")]
    [InlineData("{{ template `x` }}", "expected a template, but x is not defined")]
    [InlineData("{{ define `x` }}{{ .Unknown }}{{ end }}{{ template `x` }}", null)]
    [InlineData("{{ .Group.anything }}{{ 1.5 }}", null)]
    public void What_makes_no_record_is_warned_of(string text, string? warning)
    {
        Assert.True(TemplateParser.TryParse(text, out var template, out var reason), reason);
        Assert.Equal(warning, template.Warning);
    }

    [Fact]
    public void Fields_and_functions_that_do_not_exist_are_told_with_those_that_do()
    {
        Assert.True(TemplateParser.TryParse("{{ .Nothing }}", out var field, out _));
        Assert.Equal($"expected {TemplateFields.Known}, but found .Nothing", field.Warning);
        Assert.False(TemplateParser.TryParse("{{ upper .Name }}", out _, out var function));
        Assert.Equal($"expected one of {TemplateFunctions.Known}, but found upper", function);
    }

    private static string? Render(string text) => Render(text, out _);

    private static string? Render(string text, out string problem)
    {
        var pattern = GoPattern.TryParse(@"^ip-(?P<a>\d+)-(\d+)-(\d+)-(?P<d>\d+)\.example\.org\.$", out _)!;
        const string Name = "ip-10-0-0-9.example.org.";
        Assert.True(TemplateParser.TryParse(text, out var template, out var reason), reason);
        return template.Render(
            new(Name, "example.org.", 28, 1, pattern, pattern.Regex.Match(Name), "IP-10-0-0-9.Example.org.", "203.0.113.5", 7,
                0x0100),
            out problem);
    }
}
