using System.Collections.Immutable;
using NodeDns.Corefile;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

public sealed class KubeDnsReaderTests
{
    [Fact]
    public void Stub_domains_and_upstream_nameservers_are_read()
    {
        var (config, problems) = Read("""{"acme.local": ["1.2.3.4"], "corp.example": ["10.0.0.1:5353", "2001:db8::1"]}""",
            """["8.8.8.8", "8.8.4.4:53"]""");
        Assert.Empty(problems);
        Assert.Equal(["acme.local. 1.2.3.4:53", "corp.example. 10.0.0.1:5353 [2001:db8::1]:53"],
            config.StubDomains.Select(stub => $"{stub.Domain} {string.Join(' ', stub.Servers)}"));
        Assert.Equal(["8.8.8.8", "8.8.4.4:53"], config.UpstreamNameservers);
    }

    [Theory]
    [InlineData("""{"Bad_Name": ["1.2.3.4"], "good.local": ["1.2.3.4"]}""",
        "kube-dns/stubDomains:1: stubDomains: Bad_Name: expected a domain in lower case, labels of letters, digits and hyphens")]
    [InlineData("{\n\"good.local\":\n[\"nonsense\", \"1.2.3.4\"]}",
        "kube-dns/stubDomains:3: stubDomains: good.local: nonsense: expected an address or address:port")]
    [InlineData("""{"other.local": [], "good.local": ["1.2.3.4"]}""",
        "kube-dns/stubDomains:1: stubDomains: other.local: expected at least one server: the domain is left out")]
    [InlineData("""{"good.local": ["1.2.3.4"], "good.local": ["1.2.3.5"]}""",
        "kube-dns/stubDomains:1: stubDomains: good.local: expected once: the first one applies")]
    [InlineData("""{"good.local": ["1.2.3.4"], "other.local": "1.2.3.4"}""",
        "kube-dns/stubDomains:1: stubDomains: 1.2.3.4: expected JSON such as {\"example.org\": [\"10.0.0.53\"]}\n"
        + "kube-dns/stubDomains:1: stubDomains: other.local: expected at least one server: the domain is left out")]
    public void One_bad_stub_domain_leaves_the_others(string json, string expected)
    {
        var (config, problems) = Read(json, "");
        Assert.Equal(expected, string.Join('\n', problems));
        var stub = Assert.Single(config.StubDomains);
        Assert.Equal(("good.local.", "1.2.3.4:53"), (stub.Domain, string.Join(' ', stub.Servers)));
    }

    [Theory]
    [InlineData("""["1.1.1.1", "dns.example", "2.2.2.2"]""", "1.1.1.1 2.2.2.2", "dns.example: expected an address or address:port")]
    [InlineData("""["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"]""", "1.1.1.1 2.2.2.2 3.3.3.3",
        "4.4.4.4: expected at most 3 servers: the first ones apply")]
    [InlineData("""["tls://1.1.1.1"]""", "", "tls://1.1.1.1: expected an address or address:port")]
    [InlineData("""["1.1.1.1:0"]""", "", "1.1.1.1:0: expected an address or address:port")]
    public void One_bad_upstream_nameserver_leaves_the_others(string json, string servers, string expected)
    {
        var (config, problems) = Read("", json);
        Assert.Equal($"kube-dns/upstreamNameservers:1: upstreamNameservers: {expected}", Assert.Single(problems).ToString());
        Assert.Equal(servers, string.Join(' ', config.UpstreamNameservers));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{\"a\": [")]
    [InlineData("[\"1.2.3.4\"]")]
    [InlineData("{\"a\": {\"b\": [\"1.2.3.4\"]}}")]
    [InlineData("7")]
    public void What_is_no_map_of_lists_is_told_and_the_upstreams_apply(string json)
    {
        var (config, problems) = Read(json, """["8.8.8.8"]""");
        Assert.NotEmpty(problems);
        Assert.All(problems, problem => Assert.Equal("kube-dns/stubDomains", problem.At.File));
        Assert.Empty(config.StubDomains);
        Assert.Equal(["8.8.8.8"], config.UpstreamNameservers);
    }

    [Fact]
    public void An_absent_or_empty_map_is_nothing() => Assert.Empty(Read("", " ").Problems);

    [Fact]
    public void Stub_domains_become_blocks_with_metrics_and_logs()
    {
        var stub = Read("""{"acme.local": ["1.2.3.4", "1.2.3.5"]}""", "").Config;
        var config = Corefiles.Good(". {\nbind __PILLAR__LOCAL__DNS__\nprometheus :9253\nlog\nforward . 192.0.2.1\n}",
            Corefiles.Options with { KubeDns = stub });
        var block = config.Blocks[1];
        Assert.True(block.IsStubDomain);
        Assert.Equal([new ZoneConfig("acme.local.", 53)], block.Zones);
        Assert.Equal("169.254.20.10", Assert.Single(block.Bind!.Addresses).ToString());
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30)), (block.Cache!.SuccessTtl, block.Cache.DenialTtl));
        Assert.Equal("1.2.3.4:53 1.2.3.5:53", string.Join(' ', block.Forward[0].To));
        Assert.Equal(":9253", block.Prometheus!.Address.ToString());
        Assert.NotNull(block.Log);
        Assert.NotNull(block.Errors);
    }

    [Fact]
    public void A_stub_domain_that_the_corefile_serves_is_left_to_it()
    {
        var stub = Read("""{"acme.local": ["1.2.3.4"]}""", "").Config;
        var result = Corefiles.Load("acme.local {\nforward . 192.0.2.1\n}", Corefiles.Options with { KubeDns = stub });
        Assert.Single(result.Config!.Blocks);
        Assert.Equal("kube-dns/stubDomains:1: stubDomains: acme.local.: left out: the Corefile serves this zone itself",
            Assert.Single(result.Warnings).ToString());
    }

    private static (KubeDnsConfig Config, ImmutableArray<CorefileProblem> Problems) Read(string stubs, string upstreams) =>
        KubeDnsReader.Read("kube-dns", new Dictionary<string, string>
        {
            [KubeDnsReader.StubDomainsKey] = stubs,
            [KubeDnsReader.UpstreamNameserversKey] = upstreams,
            ["federations"] = "{\"a\": \"b\"}",
        });
}
