using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using NodeDns.Addresses;
using NodeDns.Cache.Commands;
using NodeDns.Cache.Compat;
using NodeDns.Cache.Tests.Corefile;
using NodeDns.Cache.Upstream;
using NodeDns.Corefile;
using NodeDns.Linux.Interop;
using NodeDns.Linux.Sockets;
using NodeDns.Telemetry;
using Xunit;

namespace NodeDns.Cache.Tests.Records;

/// <summary>Every place that reads an address reads the same ones, and leaves the same ones out.</summary>
public sealed class AddressReadersTests
{
    public static TheoryData<string> NoAddresses => new("010.0.0.4", "10.0.0", "167772166", "0x0a000006", "10.0.0.256", "1.2.3.4.5",
        "10.0.0.06", "10", "", "1::2::3", "::g", "10.0.0.1/8", "[::1", "nonsense", "١٠.0.0.1");

    [Theory]
    [MemberData(nameof(NoAddresses))]
    public void What_inet_aton_takes_is_no_address_anywhere(string text)
    {
        Assert.False(AddressText.TryAddress(text, out _));
        Assert.False(HostsText.TryAddress(text, out _));
        Assert.Empty(ResolvConf.Parse($"nameserver {text}\n").Nameservers);
        Assert.Null(GuardCommand.ParseServer(text));
        Assert.Null(NodeCacheArguments.Parse([$"-localip={text}x"], out _));
        Assert.Null(NodeCacheArguments.ServiceAddress("kube-dns", _ => text));
        Assert.Null(NodeCacheArguments.Parse(["-localip", "10.0.0.1", "-metrics-listen-address", $"{text}:9353x"], out _));
        Assert.False(ReverseZones.TryRead($"{text}/8", out _));
    }

    [Fact]
    public void An_ipv4_address_that_is_written_as_ipv6_is_the_ipv4_address_everywhere()
    {
        const string Text = "::ffff:10.0.0.53";
        var expected = IPAddress.Parse("10.0.0.53");
        Assert.True(AddressText.TryAddress(Text, out var address));
        Assert.Equal(expected, address);
        Assert.Equal(expected, Assert.Single(ResolvConf.Parse($"nameserver {Text}\n").Nameservers).Address);
        Assert.Equal(expected, GuardCommand.ParseServer(Text)!.Address);
        Assert.Equal(expected, NodeCacheArguments.ServiceAddress("kube-dns", _ => Text));
        Assert.Equal(expected, Assert.Single(NodeCacheArguments.Parse(["-localip", Text], out _)!.LocalAddresses));
        Assert.Equal(expected, Assert.Single(Corefiles.Block($"bind {Text}").Bind!.Addresses));
        Assert.Equal("10.0.0.53:53", Assert.Single(Corefiles.Block($"forward . {Text}").Forward[0].To).ToString());
        Assert.True(AddressText.TryNetwork("::ffff:10.0.0.0/104", single: false, out var network));
        Assert.Equal(IPNetwork.Parse("10.0.0.0/8"), network);
        Assert.True(AddressText.TryNetwork(Text, single: true, out network));
        Assert.Equal(IPNetwork.Parse("10.0.0.53/32"), network);
        Assert.False(AddressText.TryNetwork("::ffff:10.0.0.0/129", single: false, out _));
        Assert.False(AddressText.TryNetwork("::ffff:10.0.0.0/95", single: false, out _));
    }

    [Theory]
    [InlineData("10.0.0.53", "10.0.0.53", 53)]
    [InlineData("10.0.0.53:5353", "10.0.0.53", 5353)]
    [InlineData("2001:db8::53", "2001:db8::53", 53)]
    [InlineData("[2001:db8::53]", "2001:db8::53", 53)]
    [InlineData("[2001:db8::53]:5353", "2001:db8::53", 5353)]
    [InlineData("fe80::53%eth0", "fe80::53%eth0", 53)]
    [InlineData("[fe80::53%eth0]:5353", "fe80::53%eth0", 5353)]
    [InlineData("fe80::53%2", "fe80::53%2", 53)]
    [InlineData("2001:db8::53%eth0", "2001:db8::53", 53)]
    public void A_server_is_an_address_with_or_without_scope_and_port(string text, string address, int expected)
    {
        var port = 53;
        Assert.True(AddressText.TryServer(text, ref port, out var server));
        Assert.Equal((address, expected), (server.ToString(), port));
    }

    [Theory]
    [InlineData("fe80::53%")]
    [InlineData("fe80::53%eth0%1")]
    [InlineData("fe80::53%e/0")]
    [InlineData("10.0.0.53:0")]
    [InlineData("10.0.0.53:65536")]
    [InlineData(":53")]
    public void Other_texts_are_no_server(string text)
    {
        var port = 53;
        Assert.False(AddressText.TryServer(text, ref port, out _));
    }

    [Theory]
    [InlineData("forward . fe80::53%eth0", "[fe80::53%eth0]:53 ")]
    [InlineData("forward . [fe80::53%eth0]:5353", "[fe80::53%eth0]:5353 ")]
    [InlineData("forward . tls://fe80::53%eth0", "[fe80::53%eth0]:853 ")]
    [InlineData("forward . tls://fe80::53%eth0%dns.example", "[fe80::53%eth0]:853 dns.example")]
    [InlineData("forward . tls://[fe80::53%eth0]:8853", "[fe80::53%eth0]:8853 ")]
    [InlineData("forward . tls://[fe80::53%eth0]%dns.example:8853", "[fe80::53%eth0]:8853 dns.example")]
    [InlineData("forward . tls://10.0.0.53%dns.example", "10.0.0.53:853 dns.example")]
    [InlineData("forward . tls://2001:db8::53%dns.example", "[2001:db8::53]:853 dns.example")]
    public void A_forward_keeps_the_scope_of_a_link_local_server(string directive, string expected)
    {
        var server = Assert.Single(Corefiles.Block(directive).Forward[0].To);
        Assert.Equal(expected, $"{server} {server.ServerName}");
        Assert.Equal("", Corefiles.Warnings(directive));
    }

    [Fact]
    public void A_resolv_conf_with_link_local_servers_only_is_asked_with_their_scope()
    {
        var options = Corefiles.Options with { Files = new TestFiles(("/etc/resolv.conf", "nameserver fe80::53%eth0\n")) };
        var forward = Corefiles.Good(". {\nforward . /etc/resolv.conf\n}\n", options).Blocks[0].Forward[0];
        Assert.Equal("[fe80::53%eth0]:53", Assert.Single(forward.To).ToString());
    }

    [Fact]
    public void A_stub_domain_may_be_asked_of_a_link_local_server()
    {
        var (config, problems) = KubeDnsReader.Read(
            "/etc/kube-dns", new Dictionary<string, string> { ["stubDomains"] = "{\"corp.example\": [\"fe80::53%eth0\"]}" });
        Assert.Empty(problems);
        Assert.Equal("[fe80::53%eth0]:53", Assert.Single(config.StubDomains[0].Servers).ToString());
    }

    [Theory]
    [InlineData("fe80::53", "needs its interface")]
    [InlineData("fe80::53%eth9", "there is no interface eth9")]
    public void A_link_local_server_that_cannot_be_asked_is_told_when_the_file_is_read(string server, string expected)
    {
        var options = Corefiles.Options with
        {
            HasInterface = name => name == "eth0",
            Files = new TestFiles(("/etc/resolv.conf", $"nameserver {server}\n")),
        };
        foreach (var to in new[] { server, "/etc/resolv.conf" })
        {
            var warning = Assert.Single(Corefiles.Load($". {{\nforward . {to}\n}}\n", options).Warnings);
            Assert.Contains(expected, warning.ToString());
        }
    }

    [Fact]
    public void A_scope_becomes_the_number_of_its_link()
    {
        var address = IPAddress.Parse("fe80::53");
        Assert.Equal(Libc.LinkIndex("lo"), LinkScope.Of(address, "lo")!.ScopeId);
        Assert.Equal(7, LinkScope.Of(address, "7")!.ScopeId);
        Assert.Null(LinkScope.Of(address, "no-such-link"));
        Assert.Equal(Libc.LinkIndex("lo"), GuardCommand.ParseServer("[fe80::53%lo]:53")!.Address.ScopeId);
        Assert.Null(GuardCommand.ParseServer("fe80::53"));
        var group = new UpstreamGroup(
            new ForwardOptions { Servers = [new UpstreamEndpoint(new IPEndPoint(address, 53), Scope: "lo")] },
            new MetricRegistry(),
            NullLogger.Instance);
        Assert.Equal(Libc.LinkIndex("lo"), group.Servers[0].Address.ToIPEndPoint().Address.ScopeId);
        Assert.Equal("[fe80::53%lo]:53", group.Servers[0].Endpoint.To);
    }
}
