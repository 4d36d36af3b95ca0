using NodeDns.Cache.Commands;
using NodeDns.Corefile;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

public sealed class SearchCutDirectiveTests
{
    private const string Works = "cluster.local { cache 30\n search_cut\n forward . 10.96.0.10\n }\n";

    [Theory]
    [InlineData("cluster.local", "search_cut", "cluster.local.")]
    [InlineData("cluster.local in-addr.arpa ip6.arpa", "search_cut", "cluster.local.")]
    [InlineData("Example.ORG", "search_cut", "example.org.")]
    [InlineData("k8s", "search_cut", "k8s.")]
    [InlineData(".", "search_cut cluster.local", "cluster.local.")]
    [InlineData("local", "search_cut Cluster.Local.", "cluster.local.")]
    [InlineData("a.example b.example", "search_cut b.example", "b.example.")]
    public void The_domain_is_the_one_named_or_the_only_zone(string zones, string directive, string domain)
    {
        var result = Corefiles.Load($"{zones} {{\n cache 30\n {directive}\n forward . 10.96.0.10\n}}\n");
        Assert.Equal("", Corefiles.Text(result.Errors) + Corefiles.Text(result.Warnings));
        Assert.Equal((domain, null), (result.Config!.Blocks[0].SearchCut!.Domain, result.Config.Blocks[0].SearchCut!.WhyOff));
    }

    [Theory]
    [InlineData(".", "search_cut", "(nothing)")]
    [InlineData("in-addr.arpa", "search_cut", "no zone of this block can be one")]
    [InlineData("a.example b.example", "search_cut", "this block serves a.example. b.example.")]
    [InlineData("cluster.local", "search_cut other.local", "other.local")]
    [InlineData("cluster.local", "search_cut local", "within a zone of this block")]
    [InlineData("cluster.local", "search_cut cluster.local in-addr.arpa", "one domain or none")]
    [InlineData(".", "search_cut .", "expected the cluster domain")]
    [InlineData(".", "search_cut 10.in-addr.arpa", "expected the cluster domain")]
    [InlineData("cluster.local", "search_cut a..b", "search_cut")]
    [InlineData("cluster.local", "search_cut {\n com\n }", "no options in braces")]
    [InlineData("cluster.local", "search_cut\n search_cut", "once in a block")]
    public void What_is_no_cluster_domain_is_an_error(string zones, string directive, string told)
    {
        var result = Corefiles.Load($"{zones} {{\n cache 30\n {directive}\n forward . 10.96.0.10\n}}\n");
        Assert.Null(result.Config);
        Assert.Contains(told == "(nothing)" ? "expected the cluster domain after it" : told, Corefiles.Text(result.Errors),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hosts /etc/hosts\n cache\n forward . 10.96.0.10", "", "may have names of its own")]
    [InlineData("rewrite name a.example b.example\n cache\n forward . 10.96.0.10", "", "rewrite at ")]
    [InlineData("template IN A .\n cache\n forward . 10.96.0.10", "", "template at ")]
    [InlineData("forward . 10.96.0.10", "", "the block needs a cache directive")]
    [InlineData("cache 30 shop.svc.cluster.local\n forward . 10.96.0.10", "", "the block needs a cache directive")]
    [InlineData("cache {\n disable denial\n }\n forward . 10.96.0.10", "", "keeps no denials")]
    [InlineData("cache {\n disable denial svc.cluster.local\n }\n forward . 10.96.0.10", "", "keeps no denials")]
    [InlineData("cache", "", "it needs a forward directive")]
    [InlineData("cache\n forward shop.svc.cluster.local 10.0.0.1\n forward . 10.96.0.10", "", "at one place")]
    [InlineData("cache\n forward . 10.96.0.10 {\n except shop.svc.cluster.local\n }", "", "at one place")]
    [InlineData("cache\n forward svc.cluster.local 10.96.0.10", "", "at one place")]
    [InlineData("cache\n forward . 10.96.0.10", "shop.cluster.local { forward . 10.0.0.1\n }", "serves shop.cluster.local. from elsewhere")]
    public void Where_it_cannot_work_it_is_off_and_check_says_why(string directives, string other, string why)
    {
        var result = Corefiles.Load($"cluster.local {{\n {directives}\n search_cut\n}}\n{other}\n");
        Assert.Equal("", Corefiles.Text(result.Errors));
        Assert.Contains(why, Corefiles.Text(result.Warnings), StringComparison.Ordinal);
        Assert.Contains(why, result.Config!.Blocks[0].SearchCut!.WhyOff!, StringComparison.Ordinal);
        Assert.Contains("  search_cut  off: ", Printed(result.Config), StringComparison.Ordinal);
    }

    [Fact]
    public void A_domain_that_another_block_takes_away_is_off()
    {
        var result = Corefiles.Load(".  { cache\n search_cut cluster.local\n forward . 10.96.0.10\n }\n"
            + "cluster.local { forward . 10.0.0.1\n }\n");
        Assert.Contains("no name of cluster.local. comes to this block", result.Config!.Blocks[0].SearchCut!.WhyOff!,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shop.cluster.local:1053 { forward . 10.0.0.1\n }")]
    [InlineData("shop.cluster.local { bind 127.0.0.9\n forward . 10.0.0.1\n }")]
    [InlineData("example.org { forward . 10.0.0.1\n }")]
    public void A_block_that_takes_nothing_from_the_domain_changes_nothing(string other)
    {
        var result = Corefiles.Load($"{Works.Replace("cache", "bind 127.0.0.8\n cache", StringComparison.Ordinal)}{other}\n");
        Assert.Null(result.Config!.Blocks[0].SearchCut!.WhyOff);
    }

    [Fact]
    public void Check_says_where_it_works() =>
        Assert.Contains("  search_cut  below cluster.local.", Printed(Corefiles.Load(Works).Config!), StringComparison.Ordinal);

    private static string Printed(CorefileConfig config)
    {
        using var text = new StringWriter();
        CheckReport.Write(config, text);
        return text.ToString();
    }
}
