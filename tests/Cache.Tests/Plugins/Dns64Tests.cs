using System.Net;
using NodeDns.Cache.Plugins;
using NodeDns.Corefile;
using NodeDns.Telemetry;
using NodeDns.Testing.Messages;
using Xunit;

namespace NodeDns.Cache.Tests.Plugins;

public class Dns64Tests
{
    private const string Soa = "example. 120 IN SOA ns.example. root.example. 1 2 3 4 5";
    private readonly MetricRegistry _registry = new();

    [Fact]
    public void RFC_6147_5_1_applies_to_AAAA_of_IPv6_clients()
    {
        var dns64 = Make();
        Assert.True(dns64.AppliesTo(new Asked("a.example.", "AAAA", "fd00::1").Query));
        Assert.False(dns64.AppliesTo(new Asked("a.example.", "AAAA", "10.0.0.1").Query));
        Assert.False(dns64.AppliesTo(new Asked("a.example.", "A", "fd00::1").Query));
        Assert.True(Make(c => c with { AllowIpv4 = true }).AppliesTo(new Asked("a.", "AAAA", "10.0.0.1").Query));
    }

    [Fact]
    public void RFC_6147_5_1_wants_A_when_no_AAAA_came_and_the_name_exists()
    {
        var dns64 = Make();
        Assert.True(dns64.WantsA(Aaaa(0, [], [Soa])));
        Assert.True(dns64.WantsA(Aaaa(2, [], [])));
        Assert.False(dns64.WantsA(Aaaa(3, [], [Soa])));
        Assert.False(dns64.WantsA(Aaaa(0, ["a.example. 60 IN AAAA fd00::1"], [])));
        Assert.True(Make(c => c with { TranslateAll = true }).WantsA(Aaaa(0, ["a.example. 60 IN AAAA fd00::1"], [])));
    }

    [Fact]
    public void RFC_6147_5_1_7_ttl_is_the_smaller_of_A_and_SOA()
    {
        var lines = Synthesize(
            Make(),
            Aaaa(0, [], [Soa]),
            ["a.example. 500 IN CNAME b.example.", "b.example. 300 IN A 192.0.2.33", "b.example. 60 IN A 192.0.2.34"]);
        Assert.Equal(
            [
                "an a.example. 500 IN CNAME b.example.",
                "an b.example. 120 IN AAAA 64:ff9b::c000:221",
                "an b.example. 60 IN AAAA 64:ff9b::c000:222",
            ],
            lines);
        Assert.Contains(
            "coredns_dns64_requests_translated_total{server=\"dns://169.254.20.10:53\"} 1\n", Asked.Scrape(_registry));
    }

    [Fact]
    public void RFC_6147_5_1_7_ttl_without_SOA_is_at_most_600() =>
        Assert.Equal(
            ["an a.example. 600 IN AAAA 64:ff9b::c000:221"],
            Synthesize(Make(), Aaaa(2, [], []), ["a.example. 3600 IN A 192.0.2.33"]));

    [Theory]
    [InlineData("2001:db8::/32", "2001:db8:c000:221::")]
    [InlineData("2001:db8:100::/40", "2001:db8:1c0:2:21::")]
    [InlineData("2001:db8:122::/48", "2001:db8:122:c000:2:2100::")]
    [InlineData("2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::")]
    [InlineData("2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::")]
    [InlineData("2001:db8:122:344::/96", "2001:db8:122:344::c000:221")]
    public void RFC_6052_2_4_examples(string prefix, string expected) =>
        Assert.Equal(
            [$"an a.example. 60 IN AAAA {IPAddress.Parse(expected)}"],
            Synthesize(
                Make(c => c with { Prefix = IPNetwork.Parse(prefix) }),
                Aaaa(0, [], [Soa]),
                ["a.example. 60 IN A 192.0.2.33"]));

    [Fact]
    public void Answer_that_does_not_fit_or_is_malformed_is_none()
    {
        var a = A("a.example. 60 IN A 192.0.2.33");
        Assert.Equal(0, Make().Synthesize(Aaaa(0, [], [Soa]), a, Asked.Server, new byte[ushort.MaxValue], new byte[40]));
        Assert.Equal(0, Make().Synthesize(Aaaa(0, [], [Soa]), a.AsSpan(0, a.Length - 1), Asked.Server, new byte[ushort.MaxValue], new byte[4096]));
    }

    private static string[] Synthesize(Dns64 dns64, byte[] aaaa, string[] a)
    {
        var output = new byte[4096];
        var length = dns64.Synthesize(aaaa, A(a), Asked.Server, new byte[ushort.MaxValue], output);
        var message = DnsMessage.Parse(output.AsSpan(0, length));
        Assert.Equal("a.example. IN AAAA", message.Question!.ToString());
        Assert.Equal(7, message.Id);
        return Asked.Lines(message);
    }

    private Dns64 Make(Func<Dns64Config, Dns64Config>? change = null) =>
        new(change?.Invoke(new Dns64Config()) ?? new Dns64Config(), _registry);

    private static byte[] Aaaa(int rcode, string[] answer, string[] authority)
    {
        var message = DnsMessage.ReplyTo(DnsMessage.Query("a.example.", "AAAA", id: 7));
        message.Rcode = rcode;
        message.Answer.AddRange(answer.Select(DnsRecord.Parse));
        message.Authority.AddRange(authority.Select(DnsRecord.Parse));
        return message.ToBytes();
    }

    private static byte[] A(params string[] answer)
    {
        var message = DnsMessage.ReplyTo(DnsMessage.Query("a.example.", "A", id: 8));
        message.Answer.AddRange(answer.Select(DnsRecord.Parse));
        return message.ToBytes();
    }
}
