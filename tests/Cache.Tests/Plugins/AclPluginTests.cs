using System.Collections.Immutable;
using System.Net;
using NodeDns.Cache.Plugins;
using NodeDns.Corefile;
using NodeDns.Telemetry;
using Xunit;

namespace NodeDns.Cache.Tests.Plugins;

public class AclPluginTests
{
    private const ushort A = 1;
    private readonly MetricRegistry _registry = new();

    [Fact]
    public void First_policy_that_matches_decides()
    {
        var plugin = Acl(
            Rule(["."], Policy(AclAction.Allow, [], "10.0.0.0/8"), Policy(AclAction.Block, [], "0.0.0.0/0")));
        Assert.Null(new Asked("a.", "A", "10.1.2.3").Of(plugin));
        Assert.Equal("REFUSED", new Asked("a.", "A", "192.0.2.1").Of(plugin)!.RcodeText);
    }

    [Fact]
    public void Filter_answers_NOERROR_without_records_for_its_types_only()
    {
        var plugin = Acl(Rule(["."], Policy(AclAction.Filter, [28])));
        Assert.Null(new Asked("a.", "A").Of(plugin));
        var reply = new Asked("a.", "AAAA").Of(plugin)!;
        Assert.Equal("NOERROR", reply.RcodeText);
        Assert.Empty(Asked.Lines(reply));
    }

    [Fact]
    public void Drop_gives_no_reply() =>
        Assert.Throws<DroppedException>(() => new Asked("a.", "A").Of(Acl(Rule(["."], Policy(AclAction.Drop, [])))));

    [Fact]
    public void Rule_applies_within_its_zones()
    {
        var plugin = Acl(Rule(["example.org.", "cluster.local."], Policy(AclAction.Block, [])));
        Assert.NotNull(new Asked("a.EXAMPLE.org.", "A").Of(plugin));
        Assert.NotNull(new Asked("example.org.", "A").Of(plugin));
        Assert.Null(new Asked("notexample.org.", "A").Of(plugin));
    }

    [Theory]
    [InlineData("10.0.0.0/9", "10.127.255.255", true)]
    [InlineData("10.0.0.0/9", "10.128.0.0", false)]
    [InlineData("192.0.2.1/32", "192.0.2.1", true)]
    [InlineData("0.0.0.0/0", "fd00::1", false)]
    [InlineData("fd00::/8", "fdff::1", true)]
    [InlineData("fd00::/8", "fe80::1", false)]
    [InlineData("2001:db8::/33", "2001:db8:7fff::1", true)]
    [InlineData("2001:db8::/33", "2001:db8:8000::1", false)]
    public void Client_network_is_compared_bit_by_bit(string network, string client, bool blocked)
    {
        var plugin = Acl(Rule(["."], Policy(AclAction.Block, [A], network)));
        Assert.Equal(blocked, new Asked("a.", "A", client).Of(plugin) is not null);
    }

    [Theory]
    [InlineData(AclAction.Block, "000F0002000F")]
    [InlineData(AclAction.Filter, "000F00020011")]
    public void RFC_8914_refusal_says_why(AclAction action, string option)
    {
        var reply = new Asked("a.", "A").Of(Acl(Rule(["."], Policy(action, []))))!;
        Assert.Equal(option, Convert.ToHexString(reply.Edns!.Options!));
    }

    [Fact]
    public void Every_outcome_is_counted_under_its_zone()
    {
        var plugin = Acl(
            Rule(["b."], Policy(AclAction.Block, [])),
            Rule(["f."], Policy(AclAction.Filter, [])),
            Rule(["d."], Policy(AclAction.Drop, [])));
        new Asked("b.", "A").Of(plugin);
        new Asked("x.f.", "A").Of(plugin);
        new Asked("other.", "A").Of(plugin);
        Assert.Throws<DroppedException>(() => new Asked("d.", "A").Of(plugin));
        var text = Asked.Scrape(_registry);
        const string server = "server=\"dns://169.254.20.10:53\"";
        Assert.Contains($"coredns_acl_blocked_requests_total{{{server},zone=\"b.\",view=\"\"}} 1\n", text);
        Assert.Contains($"coredns_acl_filtered_requests_total{{{server},zone=\"f.\",view=\"\"}} 1\n", text);
        Assert.Contains($"coredns_acl_dropped_requests_total{{{server},zone=\"d.\",view=\"\"}} 1\n", text);
        Assert.Contains($"coredns_acl_allowed_requests_total{{{server},view=\"\"}} 1\n", text);
    }

    private AclPlugin Acl(params AclRule[] rules) => new(new AclConfig { Rules = [.. rules] }, _registry);

    private static AclRule Rule(ImmutableArray<string> zones, params AclPolicy[] policies) => new(zones, [.. policies]);

    private static AclPolicy Policy(AclAction action, ImmutableArray<ushort> types, params string[] networks) =>
        new(action, types, [.. networks.Select(IPNetwork.Parse)]);
}
