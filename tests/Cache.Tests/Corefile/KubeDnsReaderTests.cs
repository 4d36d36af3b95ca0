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

    [Theory]
    [InlineData("10.0.0.53", "10.0.0.53:53")]
    [InlineData("10.0.0.53:5353", "10.0.0.53:5353")]
    [InlineData("::ffff:10.0.0.53", "10.0.0.53:53")]
    [InlineData("2001:db8::53", "[2001:db8::53]:53")]
    [InlineData("[2001:db8::53]", "[2001:db8::53]:53")]
    [InlineData("[2001:db8::53]:5353", "[2001:db8::53]:5353")]
    [InlineData("fe80::53%eth0", "[fe80::53%eth0]:53")]
    [InlineData("[fe80::53%eth0]", "[fe80::53%eth0]:53")]
    [InlineData("[fe80::53%eth0]:5353", "[fe80::53%eth0]:5353")]
    [InlineData("127.0.0.1:5353", "127.0.0.1:5353")]
    [InlineData("[::1]:5353", "[::1]:5353")]
    public void A_server_is_the_same_one_in_a_stub_domain_and_as_upstream(string server, string expected)
    {
        var result = LoadWith($"[\"{server}\"]");
        Assert.Empty(result.EntriesLeftOut);
        Assert.Equal([expected], result.Config!.Blocks.Select(block => string.Join(' ', block.Forward[0].To)).Distinct());
    }

    [Theory]
    [InlineData("[::1]:53")]
    [InlineData("[::1]")]
    [InlineData("::1")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.53:53")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("[::]:53")]
    public void A_server_that_is_the_cache_itself_is_told_and_the_rest_applies(string server)
    {
        var result = LoadWith($"[\"{server}\", \"192.0.2.7\"]");
        Assert.Equal("", string.Join('\n', result.Errors));
        Assert.All(result.Config!.Blocks, block => Assert.Equal("192.0.2.7:53", string.Join(' ', block.Forward[0].To)));
        Assert.Equal(2, result.Config.Blocks.Length);
        Assert.Equal(["upstreamNameservers", "stubDomains"], result.EntriesLeftOut.Select(problem => problem.Directive));
        Assert.All(result.EntriesLeftOut, problem => Assert.Contains("the block itself listens on", problem.Expected));
    }

    [Fact]
    public void Where_every_server_is_the_cache_itself_the_domain_is_left_out_and_the_nodes_own_servers_are_asked()
    {
        var result = LoadWith("""["[::1]:53", "127.0.0.1"]""");
        var block = Assert.Single(result.Config!.Blocks);
        Assert.Equal("192.0.2.53:53", string.Join(' ', block.Forward[0].To));
        Assert.Equal(5, result.EntriesLeftOut.Length);
        Assert.Equal("kube-dns/stubDomains:1: stubDomains: acme.local.: expected at least one server: the domain is left out",
            result.EntriesLeftOut[^1].ToString());
    }

    [Fact]
    public void The_address_that_a_bound_block_listens_on_is_left_out_and_another_loopback_address_is_asked()
    {
        var result = LoadWith("""["169.254.20.10", "127.0.0.1", "[::1]:53"]""", "bind __PILLAR__LOCAL__DNS__");
        Assert.Equal("", string.Join('\n', result.Errors));
        Assert.All(result.Config!.Blocks,
            block => Assert.Equal("127.0.0.1:53 [::1]:53", string.Join(' ', block.Forward[0].To)));
        Assert.Equal(2, result.EntriesLeftOut.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(" 10.0.0.53")]
    [InlineData("10.0.0.53 10.0.0.54")]
    [InlineData(":53")]
    [InlineData("10.0.0.53:")]
    [InlineData("10.0.0.53:65536")]
    [InlineData("10.0.0.53:-1")]
    [InlineData("10.0.0.53:dns")]
    [InlineData("[10.0.0.53")]
    [InlineData("[::1]]:53")]
    [InlineData("2001:db8::53:5353x")]
    [InlineData("fe80::53")]
    [InlineData("[fe80::53]:53")]
    [InlineData("fe80::53%")]
    [InlineData("fe80::53%a b")]
    [InlineData("fe80::53%x\\n}\\nevil.example {")]
    [InlineData("fe80::53%{$HOME}")]
    [InlineData("fe80::53%x#")]
    [InlineData("/etc/resolv.conf")]
    [InlineData("dns://10.0.0.53")]
    [InlineData("__PILLAR__CLUSTER__DNS__")]
    public void What_is_no_server_is_told_and_loses_nothing_of_the_rest(string server)
    {
        var result = LoadWith($"[\"{server}\", \"192.0.2.7\"]", problems: 2);
        Assert.Equal("", string.Join('\n', result.Errors));
        Assert.Equal([".", "acme.local."], result.Config!.Blocks.SelectMany(block => block.Zones).Select(zone => zone.Name));
        Assert.All(result.Config.Blocks, block => Assert.Equal("192.0.2.7:53", string.Join(' ', block.Forward[0].To)));
    }

    [Fact]
    public void A_link_local_server_without_its_interface_is_told_what_it_lacks() => Assert.Equal(
        "kube-dns/upstreamNameservers:1: upstreamNameservers: fe80::53: expected its interface too, as in fe80::53%eth0",
        Assert.Single(Read("", """["fe80::53"]""").Problems).ToString());

    /// <summary>Loads a Corefile whose ConfigMap names these servers, for a stub domain and as upstream.</summary>
    private static CorefileResult LoadWith(string servers, string directives = "", int problems = 0)
    {
        var (kubeDns, told) = Read($"{{\"acme.local\": {servers}}}", servers);
        Assert.Equal(problems, told.Length);
        return Corefiles.Load($". {{\n{directives}\nforward . __PILLAR__UPSTREAM__SERVERS__\n}}", Corefiles.Options with
        {
            KubeDns = kubeDns,
            Pillars = Corefiles.Options.Pillars with
            {
                LocalAddresses = directives == "" ? [] : ["169.254.20.10"],
                UpstreamServers = kubeDns.UpstreamNameservers,
            },
        });
    }

    private static (KubeDnsConfig Config, ImmutableArray<CorefileProblem> Problems) Read(string stubs, string upstreams) =>
        KubeDnsReader.Read("kube-dns", new Dictionary<string, string>
        {
            [KubeDnsReader.StubDomainsKey] = stubs,
            [KubeDnsReader.UpstreamNameserversKey] = upstreams,
            ["federations"] = "{\"a\": \"b\"}",
        });
}
