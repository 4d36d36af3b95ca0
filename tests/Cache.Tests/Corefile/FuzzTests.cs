using CsCheck;
using NodeDns.Cache.Commands;
using NodeDns.Corefile;
using NodeDns.Dns.Records;
using NodeDns.Go;
using NodeDns.Go.Templates;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

/// <summary>Whatever the text, loading ends, throws nothing, and says either what is wrong or what it read.</summary>
public sealed class FuzzTests
{
    private static readonly string[] s_words =
    [
        ". ", "a.org ", "{", "}", "\n", " ", "\"", "\\", "#", ",", "(x) ", "import x\n", "import *\n", "{$A}", "{%", "10.0.0.0/9 ",
        "tls://", ":53 ", "forward . ", "1.2.3.4 ", "/etc/resolv.conf ", "{\n", "\n}\n", "cache ", "30 ", "success ", "1s ", "%",
        "template IN A ", "answer ", "\"{{ .Name }}\" ", "{{ index .Match 9 }} ", "match ", "(?P<a>[0-9]+)-(.*) ", "rewrite name ",
        "regex ", "(a|b)*\\.c {1} ", "hosts ", "log ", "acl ", "allow net * ", "bind ", "lo ", "::1 ", "dns64 ", "64:ff9b::/96 ",
        "serve_stale ", "verify ", "0 ", "-1 ", "99999999999999999999 ", "errors ", "consolidate ", "health ", "reload ",
        "__PILLAR__LOCAL__DNS__ ", "__PILLAR__X__ ", "edns0 local set 0xffed 0xab ", "ttl ", "\uFEFF", "\0", "é", "\ud800",
    ];

    private static readonly CorefileOptions s_options = Corefiles.Options with
    {
        Files = new TestFiles(("x", "import x\nlog"), ("/etc/resolv.conf", "nameserver 1.1.1.1")),
        Environment = name => name + "{$A}",
    };

    [Fact]
    public void Arbitrary_words_never_throw_and_never_loop() => Gen.Int[0, s_words.Length - 1].Array[0, 60]
        .Select(words => string.Concat(words.Select(word => s_words[word]))).Sample(Check, iter: 1000);

    [Fact]
    public void Arbitrary_text_never_throws_and_never_loops() => Gen.String.Sample(Check, iter: 1000);

    [Fact]
    public void Arbitrary_json_never_throws() => Gen.String.Sample(text =>
    {
        KubeDnsReader.Read("d", new Dictionary<string, string> { ["stubDomains"] = text, ["upstreamNameservers"] = text });
    }, iter: 1000);

    private static readonly string[] s_templateWords =
    [
        "{{ ", " }}", "{{- ", " -}}", "{{", "}}", "if ", "else ", "end ", "with ", "range ", "break ", "continue ", "define ", "template ", "block ",
        "`x` ", ".Name ", "html ", "js ", "urlquery ", "call ", "print ", "1e300 ", "-2i ", "`%[2]*.*f%#v` ",
        ".Group.a ", ".Match ", ".Nothing ", ". ", "$ ", "$x ", ":= ", "= ", ", ", "| ", "(", ") ", "index ", "printf ", "`%05d%s%q` ",
        "slice ", "eq ", "and ", "not ", "len ", "parseInt ", "16 ", "-1 ", "0x ", "1.5 ", "99999999999999999999999 ", "\"a ", "\"b\" ",
        "'c' ", "'", "`", "\\", "/* x */", "/*", "nil ", "true ", ".Message.Question ", ".1 ", "\0", "é", "\ud800", "text ",
    ];

    [Fact]
    public void Arbitrary_templates_never_throw_and_never_loop()
    {
        var pattern = GoPattern.TryParse("^(?P<a>[0-9]+)", out _)!;
        var question = new TemplateQuestion(
            "7.example.", "example.", 1, 1, pattern, pattern.Regex.Match("7.example."), "7.example.", "::1", 0, 0);
        var rendered = 0;
        Gen.Int[0, s_templateWords.Length - 1].Array[0, 14]
            .Select(words => string.Concat(words.Select(word => s_templateWords[word]))).Sample(text =>
            {
                if (TemplateParser.TryParse(text, out var template, out _))
                {
                    template.Render(question, out var _);
                    Interlocked.Increment(ref rendered);
                }
            }, iter: 50_000);
        Assert.True(rendered > 100, $"only {rendered} templates");
    }

    [Theory]
    [InlineData("{{ if .Name }}", false)]
    [InlineData("{{ if 1 }}{{ else if 1 }}", false)]
    [InlineData("{{ (((", false)]
    [InlineData("{{/* */}}", true)]
    public void Deep_templates_end(string piece, bool isTemplate) => Assert.Equal(isTemplate, TemplateParser.TryParse(
        piece + string.Concat(Enumerable.Repeat(piece.StartsWith("{{ (", StringComparison.Ordinal) ? "(" : piece, 20_000)),
        out _,
        out _));

    [Fact]
    public void Arbitrary_records_never_throw() => Gen.OneOf(Gen.String, Gen.Int[0, s_recordWords.Length - 1].Array[0, 12]
        .Select(words => string.Concat(words.Select(word => s_recordWords[word])))).Sample(
            text => RecordText.Parse(text, out _), iter: 20_000);

    [Fact]
    public void Arbitrary_data_of_any_type_never_throws() => Gen.Int[1, 261].Select(
        Gen.Int[0, s_recordWords.Length - 1].Array[1, 10], (type, words) =>
            $"a. TYPE{type} {string.Concat(words.Select(word => s_recordWords[word]))}").Sample(
                text => RecordText.Parse(text, out _), iter: 50_000);

    private static readonly string[] s_recordWords =
    [
        "a. ", "60 ", "IN ", "A ", "192.0.2.1 ", "::1 ", "TXT ", "\"", "(", ")", ";", "\\", "\n", "SOA ", "1w2d ", "MX ", "10 ", "1 ",
        "\\# ", "2 ", "0102 ", "b.. ", "\\046", "CAA ", "alpn=", "h2,h3 ", ",", "port=", "ipv4hint=", "ech=AAAA ", "key700=",
        "mandatory=alpn ", "20030322173103 ", "99999999999999 ", "00000000000000 ", "N ", "E ", "-1.5m ", "90000001 ", "- ",
        "RSASHA256 ", "2t7b4g4vsa5smi47k61mv5bv1a22bojr ", "TYPE65535 ", "é ", "\ud800",
    ];

    private static void Check(string text)
    {
        var result = CorefileLoader.Load("Corefile", text, s_options);
        Assert.Equal(result.Config is null, !result.Errors.IsEmpty);
        if (result.Config is { } config)
        {
            CheckReport.Write(config, TextWriter.Null);
        }
    }
}
