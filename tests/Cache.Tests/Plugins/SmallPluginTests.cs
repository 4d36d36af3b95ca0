using NodeDns.Cache.Plugins;
using NodeDns.Corefile;
using NodeDns.Dns.Wire;
using NodeDns.Telemetry;
using Xunit;
using static System.StringComparison;

namespace NodeDns.Cache.Tests.Plugins;

public class SmallPluginTests
{
    private readonly MetricRegistry _registry = new();

    [Fact]
    public void Any_answers_ANY_with_HINFO_and_leaves_other_types()
    {
        var plugin = new AnyPlugin();
        var reply = new Asked("Example.org.", "ANY").Of(plugin)!;
        Assert.Equal(["an Example.org. 8482 IN HINFO \"ANY obsoleted\" \"See RFC 8482\""], Asked.Lines(reply));
        Assert.Null(new Asked("example.org.", "A").Of(plugin));
    }

    [Theory]
    [InlineData("localhost.", "A", "an localhost. 604800 IN A 127.0.0.1")]
    [InlineData("localhost.", "AAAA", "an localhost. 604800 IN AAAA ::1")]
    [InlineData("LOCALHOST.", "NS", "an LOCALHOST. 604800 IN NS localhost.")]
    [InlineData("a.localhost.", "A", "an a.localhost. 604800 IN A 127.0.0.1")]
    [InlineData("localhost.example.org.", "A", "an localhost.example.org. 604800 IN A 127.0.0.1")]
    [InlineData("1.0.0.127.in-addr.arpa.", "PTR", "an 1.0.0.127.in-addr.arpa. 604800 IN PTR localhost.")]
    [InlineData(
        "localhost.", "MX", "ns localhost. 604800 IN SOA localhost. root.localhost. 1 0 0 0 604800")]
    [InlineData(
        "0.in-addr.arpa.", "A", "ns 0.in-addr.arpa. 604800 IN SOA localhost. root.localhost. 1 0 0 0 604800")]
    public void Local_answers_what_never_leaves_the_node(string name, string type, string expected)
    {
        var reply = new Asked(name, type).Of(new LocalPlugin(new LocalConfig(), _registry))!;
        Assert.Equal([expected], Asked.Lines(reply));
        Assert.Equal("NOERROR", reply.RcodeText);
    }

    [Fact]
    public void Local_denies_other_names_of_its_reverse_zones_with_NXDOMAIN()
    {
        var reply = new Asked("5.0.0.127.in-addr.arpa.", "PTR").Of(new LocalPlugin(new LocalConfig(), _registry))!;
        Assert.Equal("NXDOMAIN", reply.RcodeText);
        Assert.StartsWith("127.in-addr.arpa. 604800 IN SOA", reply.Authority[0].ToString(), Ordinal);
    }

    [Fact]
    public void Local_leaves_other_names_and_the_localhost_prefix_where_that_is_off()
    {
        var plugin = new LocalPlugin(new LocalConfig { LocalhostPrefix = false }, _registry);
        Assert.Null(new Asked("localhost.example.org.", "A").Of(plugin));
        Assert.Null(new Asked("xlocalhost.", "A").Of(plugin));
        Assert.Null(new Asked("128.in-addr.arpa.", "PTR").Of(plugin));
        Assert.NotNull(new Asked("a.localhost.", "A").Of(plugin));
        Assert.Contains("coredns_local_localhost_requests_total 1\n", Asked.Scrape(_registry), Ordinal);
    }

    [Fact]
    public void Whoami_says_who_asked_from_which_port_and_how()
    {
        var reply = new Asked("who.example.", "A").Of(new WhoamiPlugin())!;
        Assert.Equal(
            ["ar who.example. 0 IN A 10.0.0.7", "ar _udp.who.example. 0 IN SRV 0 0 40000 ."], Asked.Lines(reply));
        Assert.True(reply.Aa);
        reply = new Asked("who.example.", "A", client: "fd00::7") { IsTcp = true }.Of(new WhoamiPlugin())!;
        Assert.Equal(
            ["ar who.example. 0 IN AAAA fd00::7", "ar _tcp.who.example. 0 IN SRV 0 0 40000 ."], Asked.Lines(reply));
    }

    [Fact]
    public void Loop_answers_SERVFAIL_once_its_probe_comes_back_and_forgets_when_it_does_not()
    {
        using var output = new MemoryStream();
        using var logs = new StderrLogger(output);
        var plugin = new LoopPlugin("cluster.local.", _registry, logs.CreateLogger("plugin/loop"));
        var probe = DnsName.ToText(NewName(plugin));
        Assert.Matches(@"^\d+\.\d+\.cluster\.local\.$", probe);
        Assert.Null(new Asked("other.cluster.local.", "HINFO").Of(plugin));
        Assert.Null(new Asked(probe, "A").Of(plugin));
        Assert.Null(new Asked(probe, "HINFO").Of(plugin));
        Assert.Equal("SERVFAIL", new Asked(probe.ToUpperInvariant(), "HINFO").Of(plugin)!.RcodeText);
        Assert.True(plugin.ProbeAnswered(Rcode.ServFail));
        Assert.True(plugin.IsLooping);
        Assert.Contains("nodedns_cache_loops_detected_total{zone=\"cluster.local.\"} 1\n", Asked.Scrape(_registry), Ordinal);
        Assert.Contains("Loop (10.0.0.7:40000 -> cluster.local.) detected", Text(output), Ordinal);

        Assert.NotEqual(probe, DnsName.ToText(NewName(plugin)));
        Assert.False(plugin.ProbeAnswered(Rcode.NXDomain));
        Assert.False(plugin.IsLooping);
        Assert.EndsWith("The loop for zone cluster.local. is gone\n", Text(output), Ordinal);
    }

    [Fact]
    public void Loop_that_another_upstream_breaks_does_not_stop_the_zone()
    {
        using var logs = new StderrLogger(Stream.Null);
        var plugin = new LoopPlugin(".", _registry, logs.CreateLogger("plugin/loop"));
        var probe = DnsName.ToText(NewName(plugin));
        new Asked(probe, "HINFO").Of(plugin);
        new Asked(probe, "HINFO").Of(plugin);
        Assert.False(plugin.ProbeAnswered(Rcode.NXDomain));
        Assert.False(plugin.IsLooping);
    }

    private static byte[] NewName(LoopPlugin plugin)
    {
        var random = new byte[LoopPlugin.RandomOctets];
        Random.Shared.NextBytes(random);
        return plugin.NewName(random);
    }

    private static string Text(MemoryStream output) => System.Text.Encoding.UTF8.GetString(output.ToArray());
}
