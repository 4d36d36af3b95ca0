using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

public sealed class ParserTests
{
    [Theory]
    [InlineData(".", ".:53")]
    [InlineData("example.org", "example.org.:53")]
    [InlineData("Example.ORG:1053", "example.org.:1053")]
    [InlineData("dns://example.org:1053", "example.org.:1053")]
    [InlineData("a b c:54", "a.:53 b.:53 c.:54")]
    [InlineData("a,b", "a,b.:53")]
    [InlineData("a, b,\nc", "a.:53 b.:53 c.:53")]
    [InlineData("10.0.0.0/24", "0.0.10.in-addr.arpa.:53")]
    [InlineData("10.0.0.0/8:1053", "10.in-addr.arpa.:1053")]
    [InlineData("10.0.2.0/23", "2.0.10.in-addr.arpa.:53 3.0.10.in-addr.arpa.:53")]
    [InlineData("2001:db8::/32", "8.b.d.0.1.0.0.2.ip6.arpa.:53")]
    [InlineData("2001:db8::/32:1053", "8.b.d.0.1.0.0.2.ip6.arpa.:1053")]
    [InlineData("fd00::/7", "c.f.ip6.arpa.:53 d.f.ip6.arpa.:53")]
    public void Keys_become_zones_with_ports(string keys, string expected)
    {
        var block = Assert.Single(Corefiles.Good($"{keys} {{\nwhoami\n}}").Blocks);
        Assert.Equal(expected, string.Join(' ', block.Zones));
    }

    [Theory]
    [InlineData("tls://example.org", "tls://example.org.:853",
        "is served as plain DNS over TCP, not encrypted, as CoreDNS does without a certificate: leave the scheme out, or put a "
        + "proxy that has one before it")]
    [InlineData("tls://.:1853", "tls://.:1853",
        "is served as plain DNS over TCP, not encrypted, as CoreDNS does without a certificate: leave the scheme out, or put a "
        + "proxy that has one before it")]
    [InlineData("https://.", "https://.:443", "nothing is served there: leave the scheme out to serve it over UDP and TCP, or put "
        + "a proxy that speaks DNS over HTTP before it")]
    [InlineData("grpc://10.0.0.0/23", "grpc://0.0.10.in-addr.arpa.:443 grpc://1.0.10.in-addr.arpa.:443", "nothing is served "
        + "there: leave the scheme out to serve it over UDP and TCP, or put a proxy that speaks DNS over gRPC before it")]
    [InlineData("unix:///run/dns.sock", "unix:///run/dns.sock.:0",
        "nothing is served there, nor by CoreDNS: leave the scheme out to serve it over UDP and TCP")]
    public void Keys_with_a_scheme_load_and_say_what_is_not_served(string keys, string expected, string warning)
    {
        var result = Corefiles.Load($"{keys} {{\nwhoami\n}}");
        Assert.Equal($"1: zone: {keys}: {warning}", Corefiles.Text(result.Warnings));
        Assert.Equal(expected, string.Join(' ', Assert.Single(result.Config!.Blocks).Zones));
    }

    [Theory]
    [InlineData("quic://.", "1: zone: quic://.: expected another scheme, or none: this one needs a certificate, and CoreDNS too "
        + "does not start without")]
    [InlineData("https3://.:1053", "1: zone: https3://.:1053: expected another scheme, or none: this one needs a certificate, "
        + "and CoreDNS too does not start without")]
    [InlineData("a:", "1: zone: a:: expected a port after the colon")]
    [InlineData("a:70000", "1: zone: a:70000: expected a port, 0 to 65535")]
    [InlineData("a..b", "1: zone: a..b: expected a domain name or a network, such as \"example.org\", "
        + "\"example.org:53\" or \"10.0.0.0/24\"")]
    [InlineData(":1053", "1: zone: :1053: expected a domain name or a network, such as \"example.org\", "
        + "\"example.org:53\" or \"10.0.0.0/24\"")]
    public void Keys_that_cannot_be_served_say_why(string keys, string expected) =>
        Assert.Equal(expected, Corefiles.Text(Corefiles.Load($"{keys} {{\nwhoami\n}}").Errors));

    [Theory]
    [InlineData(".\nwhoami\nlog")]
    [InlineData(".\n{\nwhoami\nlog\n}")]
    [InlineData(". {\nwhoami\nlog\n}")]
    [InlineData(". { whoami\nlog\n}")]
    [InlineData("(x) {\nwhoami\nlog\n}\n. {\nimport x\n}")]
    [InlineData("(x) {\nlog\n}\n(y) {\nwhoami\nimport x\n}\n. {\nimport y\n}")]
    [InlineData(". {\nimport both\n}")]
    [InlineData("import whole")]
    [InlineData(". {\nimport {$BOTH}\n}")]
    [InlineData(". {\n{$WHO}\nlog\n}")]
    public void The_same_block_can_be_written_in_many_ways(string text)
    {
        var options = Corefiles.Options with
        {
            Files = new TestFiles(("both", "whoami\nlog"), ("whole", ". {\nwhoami\nlog\n}")),
            Environment = name => name switch { "BOTH" => "both", "WHO" => "whoami", _ => null },
        };
        var block = Assert.Single(Corefiles.Good(text, options).Blocks);
        Assert.NotNull(block.Whoami);
        Assert.NotNull(block.Log);
    }

    [Fact]
    public void Imports_work_within_the_braces_of_a_directive()
    {
        const string Text = "(limits) {\nmax_concurrent 7\nmax_fails 9\n}\n. {\nforward . 192.0.2.1 {\nimport limits\n"
            + "force_tcp\n}\n}";
        var forward = Assert.Single(Assert.Single(Corefiles.Good(Text).Blocks).Forward);
        Assert.Equal((7, 9, true), (forward.MaxConcurrent, forward.MaxFails, forward.ForceTcp));
    }

    [Fact]
    public void Positions_name_the_imported_file()
    {
        var options = Corefiles.Options with { Files = new TestFiles(("part", "errors\ncach 30")) };
        var error = Assert.Single(Corefiles.Load(". {\nimport part\n}", options).Errors);
        Assert.Equal("part:2: cach: 30: expected a directive; did you mean cache?", error.ToString());
    }

    [Fact]
    public void Imported_files_are_listed_for_reloads()
    {
        var options = Corefiles.Options with
        {
            Files = new TestFiles(("part", "forward . conf"), ("conf", "nameserver 192.0.2.1")),
        };
        Assert.Equal(["Corefile", "conf", "part"], Corefiles.Load(". {\nimport part\n}", options).Files);
    }

    [Fact]
    public void Files_that_are_missing_and_patterns_are_listed_too_for_they_may_come()
    {
        var result = Corefiles.Load(". {\nimport gone\nimport none/*.server\nforward . /gone.conf\nhosts /some/hosts\n}");
        Assert.Null(result.Config);
        Assert.Equal(["/gone.conf", "Corefile", "gone"], result.Files);
        Assert.Equal(["none/*.server"], result.Patterns);
    }

    [Theory]
    [InlineData("", "1: zone: (nothing): expected at least one server block")]
    [InlineData("# nothing\n", "1: zone: (nothing): expected at least one server block")]
    [InlineData(". {\nwhoami", "1: syntax: {: expected a closing brace for this one")]
    [InlineData("{\nwhoami\n}", "1: zone: {: expected a zone before the brace, such as \".\" or \"example.org:53\"")]
    [InlineData("}\n. {\nwhoami\n}", "1: syntax: }: expected no closing brace here: no block is open")]
    [InlineData(". {\nforward . 192.0.2.1 {\nforce_tcp\n", "1: syntax: {: expected a closing brace for this one\n"
        + "2: forward: {: expected a closing brace for this one")]
    [InlineData(". {\ncache\n{\nkeepttl\n}\n}", "3: syntax: {: expected this brace on the line of its directive")]
    [InlineData(". {\nforward . 192.0.2.1 {\nforce_tcp {\n}\n}\n}",
        "3: syntax: {: expected no second brace within a directive")]
    [InlineData(". {\ncache {\nkeepttl\n} whoami\n}", "4: cache: whoami: expected a new line after the closing brace")]
    [InlineData(". {\nimport\n}", "2: import: : expected one argument: a snippet, a file or a pattern with one *")]
    [InlineData(". {\nimport a b\n}", "2: import: a b: expected one argument: a snippet, a file or a pattern with one *")]
    [InlineData(". {\nimport missing\n}", "2: import: missing: expected a snippet or a readable file: no such file")]
    [InlineData(". {\nimport a*b*\n}", "2: import: a*b*: expected a pattern with at most one *")]
    [InlineData("(x) {\nlog\n}\n(x) {\nlog\n}\n. {\nwhoami\n}",
        "4: syntax: (x): expected a snippet name that is not taken yet")]
    [InlineData("(x)\n. {\nwhoami\n}", "1: syntax: (x): expected { after the snippet's name")]
    [InlineData("(x) {\nimport x\n}\n. {\nimport x\n}",
        "2: import: x: expected imports that end: this one repeats itself")]
    [InlineData("a,\n{\nwhoami\n}", "1: zone: a,: expected another zone after the comma")]
    public void Broken_syntax_is_told_by_line(string text, string expected) =>
        Assert.Equal(expected, Corefiles.Text(Corefiles.Load(text).Errors));

    [Fact]
    public void A_pattern_that_matches_nothing_is_a_warning() => Assert.Equal(
        "2: import: nothing/*.server: no file matches", Corefiles.Warnings("import nothing/*.server\nwhoami"));

    [Fact]
    public void A_last_stray_brace_is_a_warning_for_the_file_loads_in_coredns()
    {
        var result = Corefiles.Load(". {\nwhoami\n}\n}\n");
        Assert.Equal("4: syntax: }: left out: no block is open", Corefiles.Text(result.Warnings));
        Assert.NotNull(result.Config);
    }

    [Fact]
    public void A_missing_last_brace_after_another_is_a_warning_for_the_file_loads_in_coredns()
    {
        var result = Corefiles.Load(". {\nwhoami\ncache {\nkeepttl\n}\n");
        Assert.Equal("1: syntax: {: has no closing brace of its own; the file ends without it",
            Corefiles.Text(result.Warnings));
        Assert.NotNull(result.Config);
    }

    [Fact]
    public void Every_mistake_of_a_file_is_told_at_once() => Assert.Equal(
        """
        2: cach: 30: expected a directive; did you mean cache?
        4: cache: success ten: expected a number of answers
        5: cache: nonsense: expected one of success, denial, prefetch, serve_stale, serve_stale_policy, servfail, disable, keepttl
        7: forward: 192.0.2.300: expected an address, address:port, tls://address, a file such as /etc/resolv.conf, or a host name
        """,
        Corefiles.Errors("cach 30\ncache {\nsuccess ten\nnonsense\n}\nforward . 192.0.2.300"));

    [Fact]
    public void A_file_that_imports_itself_ends()
    {
        var options = Corefiles.Options with { Files = new TestFiles(("self", "import self\nimport self\nlog")) };
        Assert.NotEmpty(Corefiles.Load(". {\nimport self\n}", options).Errors);
    }

    [Fact]
    public void Unset_variables_are_nothing()
    {
        var block = Assert.Single(Corefiles.Good(".{$NONE} {\nbind 127.0.0.1\n}", Corefiles.Options with
        {
            Files = new TestFiles(),
        }).Blocks);
        Assert.Equal(".:53", $"{block.Zones[0].Name}:{block.Zones[0].Port}");
    }
}
