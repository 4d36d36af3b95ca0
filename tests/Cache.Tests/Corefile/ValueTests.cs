using NodeDns.Addresses;
using NodeDns.Corefile;
using NodeDns.Go;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

/// <summary>The small readers: durations, patterns, networks, names, hosts and resolv.conf text.</summary>
public sealed class ValueTests
{
    [Theory]
    [InlineData("0", "0s")]
    [InlineData("5s", "5s")]
    [InlineData("1h30m", "1h30m")]
    [InlineData("1.5s", "1.5s")]
    [InlineData("250ms", "250ms")]
    [InlineData("100us", "0.1ms")]
    [InlineData("100µs", "0.1ms")]
    [InlineData("-3s", "-3s")]
    [InlineData("+3s", "3s")]
    [InlineData("1m0.25s", "1m0.25s")]
    [InlineData(".5h", "30m")]
    public void Durations_are_gos(string text, string expected)
    {
        Assert.True(GoDuration.TryParse(text, out var value));
        Assert.Equal(expected, GoDuration.Format(value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("5x")]
    [InlineData("5 s")]
    [InlineData("1.2.3s")]
    [InlineData(".s")]
    [InlineData("--5s")]
    [InlineData("9999999999h")]
    public void What_go_refuses_is_no_duration(string text) => Assert.False(GoDuration.TryParse(text, out _));

    [Theory]
    [InlineData("^a$", "a", true)]
    [InlineData("^a$", "a\n", false)]
    [InlineData("(?P<x>b)c", "abc", true)]
    [InlineData("(?i)ABC", "abc", true)]
    [InlineData(@"^\d+$", "٣", false)]
    [InlineData(@"^[[:alpha:]]+$", "abc", true)]
    [InlineData("^[a[]$", "[", true)]
    [InlineData(@"^\Qa.b\E$", "a.b", true)]
    [InlineData(@"^\Qa.b\E$", "axb", false)]
    [InlineData(@"^\pL$", "a", true)]
    [InlineData(@"^\x{61}$", "a", true)]
    [InlineData("^[]a]$", "]", true)]
    public void Patterns_mean_what_they_mean_in_go(string pattern, string text, bool expected) =>
        Assert.Equal(expected, GoPattern.TryParse(pattern, out _)!.IsMatch(text));

    [Theory]
    [InlineData("(")]
    [InlineData("[a")]
    [InlineData("a{1001}")]
    [InlineData(@"(a)\1")]
    [InlineData("(?=a)")]
    [InlineData("(?<!a)")]
    [InlineData("(?P<x>a)(?P<x>b)")]
    [InlineData("a\\")]
    [InlineData("[[:nonsense:]]")]
    public void What_go_refuses_is_no_pattern(string pattern)
    {
        Assert.Null(GoPattern.TryParse(pattern, out var reason));
        Assert.NotEqual("", reason);
    }

    [Fact]
    public void Named_groups_keep_their_place_among_the_others()
    {
        var pattern = GoPattern.TryParse("(?P<first>a)(b)(?P<third>c)", out _)!;
        var match = pattern.Regex.Match("abc");
        Assert.Equal(["abc", "a", "b", "c"], match.Groups.Values.Select(group => group.Value));
        Assert.Equal(("first", "", "third"), (pattern.GroupName(1), pattern.GroupName(2), pattern.GroupName(3)));
        Assert.Equal("c-b-a", GoPattern.Substitute("{3}-{2}-{1}", match));
    }

    [Theory]
    [InlineData("10.0.0.0/24", "0.0.10.in-addr.arpa.")]
    [InlineData("10.1.2.3/8", "10.in-addr.arpa.")]
    [InlineData("0.0.0.0/0", "in-addr.arpa.")]
    [InlineData("10.0.0.1/32", "1.0.0.10.in-addr.arpa.")]
    [InlineData("10.0.0.128/26", "128.0.0.10.in-addr.arpa. … 191.0.0.10.in-addr.arpa. (64)")]
    [InlineData("172.16.0.0/12", "16.172.in-addr.arpa. … 31.172.in-addr.arpa. (16)")]
    [InlineData("2001:db8::/32", "8.b.d.0.1.0.0.2.ip6.arpa.")]
    [InlineData("2001:db8::/31", "8.b.d.0.1.0.0.2.ip6.arpa. … 9.b.d.0.1.0.0.2.ip6.arpa. (2)")]
    [InlineData("::1/128", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.")]
    public void Networks_are_reverse_zones(string text, string expected)
    {
        Assert.True(ReverseZones.TryRead(text, out var zones));
        Assert.Equal(expected, zones.Length == 1 ? zones[0] : $"{zones[0]} … {zones[^1]} ({zones.Length})");
    }

    [Theory]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0/8")]
    [InlineData("010.0.0.0/8")]
    [InlineData("x/8")]
    public void Other_text_is_no_network(string text) => Assert.False(ReverseZones.TryRead(text, out _));

    [Theory]
    [InlineData("Example.ORG", "example.org.")]
    [InlineData(".", ".")]
    [InlineData("a.b.", "a.b.")]
    [InlineData("_tcp.*.x", "_tcp.*.x.")]
    [InlineData(@"a\.b.c", @"a\.b.c.")]
    public void Names_are_lower_case_with_a_final_dot(string text, string expected)
    {
        Assert.True(DomainName.TryNormalize(text, out var name));
        Assert.Equal(expected, name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a b")]
    [InlineData("bücher.example")]
    [InlineData("a\\")]
    public void Names_that_dns_cannot_carry_are_refused(string text) =>
        Assert.False(DomainName.TryNormalize(text, out _));

    [Fact]
    public void Labels_end_at_63_octets_and_names_at_255()
    {
        var label = new string('a', 63);
        Assert.True(DomainName.TryNormalize(label, out _));
        Assert.False(DomainName.TryNormalize(label + "a", out _));
        Assert.True(DomainName.TryNormalize($"{label}.{label}.{label}.{label[..61]}", out _));
        Assert.False(DomainName.TryNormalize($"{label}.{label}.{label}.{label[..62]}", out _));
    }

    [Theory]
    [InlineData("a.example.", "example.", true)]
    [InlineData("example.", "example.", true)]
    [InlineData("counterexample.", "example.", false)]
    [InlineData("example.", ".", true)]
    [InlineData("example.", "a.example.", false)]
    public void Names_are_within_zones_by_whole_labels(string name, string zone, bool expected) =>
        Assert.Equal(expected, DomainName.IsWithin(name, zone));

    [Fact]
    public void Resolv_conf_gives_its_nameservers_and_tells_bad_ones()
    {
        var conf = ResolvConf.Parse("# x\nsearch a b\nnameserver 10.0.0.1\nnameserver fe80::1%eth0\nnameserver nonsense\n"
            + "nameserver\t10.0.0.2 # local\noptions ndots:5\n");
        Assert.Equal(["10.0.0.1", "fe80::1%eth0", "10.0.0.2"], conf.Nameservers.Select(server => server.ToString()));
        Assert.Equal([(5, "nonsense")], conf.Ignored);
    }
}
