using CsCheck;
using NodeDns.Cache.Corefile;
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

    private static void Check(string text)
    {
        var result = CorefileLoader.Load("Corefile", text, s_options);
        Assert.Equal(result.Config is null, !result.Errors.IsEmpty);
        if (result.Config is { } config)
            CheckReport.Write(config, TextWriter.Null);
    }
}
