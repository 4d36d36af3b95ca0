using System.Text.RegularExpressions;

namespace NodeDns.Chart.Tests;

/// <summary>The values zones, and the Corefile they make.</summary>
public sealed class ZonesTests
{
    private const string ClusterDns = "dns: {clusterDNS: [10.96.0.10]}\n";

    private static string Corefile(string zones) => Render(ClusterDns + zones).One("ConfigMap", "nd-cache").Text("data.Corefile");

    private static Rendered Render(string values) => WithFile(values, path => Rendered.Exactly("1.36.3", "--values", path));

    private static string Refusal(string values) => WithFile(ClusterDns + values, path => Rendered.Refusal("--values", path));

    private static T WithFile<T>(string values, Func<string, T> use)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, values);
            return use(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Block(string corefile, string zone) =>
        Regex.Match(corefile, $@"(^|\n){Regex.Escape(zone)}:53 \{{\n(.*?)\n\}}", RegexOptions.Singleline).Groups[2].Value;

    [Theory]
    [InlineData("protocol: PreferUDP", "prefer_udp")]
    [InlineData("protocol: ForceTCP", "force_tcp")]
    [InlineData("upstreams: ClusterDNS", "forward . 10.96.0.10")]
    [InlineData("upstreams: Node", "forward . __PILLAR__UPSTREAM__SERVERS__")]
    [InlineData("upstreams: [10.1.0.53, '10.2.0.53:5353', '[fd00::1]:53']", "forward . 10.1.0.53 10.2.0.53:5353 [fd00::1]:53")]
    [InlineData("upstreams: ['tls://9.9.9.9%dns.quad9.net']", "forward . tls://9.9.9.9%dns.quad9.net")]
    [InlineData("policy: RoundRobin", "policy round_robin")]
    [InlineData("policy: Sequential", "policy sequential")]
    [InlineData("policy: Random", "policy random")]
    [InlineData("maxConcurrent: 1000000", "max_concurrent 1000000")]
    [InlineData("successTtlSeconds: 86400", "success 9984 86400")]
    [InlineData("denialTtlSeconds: 0", "disable denial")]
    [InlineData("denialTtlSeconds: 7", "denial 9984 7")]
    [InlineData("stale: {mode: Immediate}", "serve_stale 1h immediate")]
    [InlineData("stale: {mode: Verify, duration: 10m, timeout: 2s}", "serve_stale 10m verify 2s")]
    [InlineData("stale: {preferPositive: true}", "serve_stale_policy prefer_positive")]
    [InlineData("queryLog: true", "\n    log")]
    public void A_setting_is_in_the_zones_block_and_the_file_is_valid(string setting, string line)
    {
        foreach (var zone in new[] { "corp.example", "." })
        {
            var corefile = Corefile($"zones: {{{zone}: {{{setting}}}}}");
            Assert.Contains(line, Block(corefile, zone), StringComparison.Ordinal);
            CacheProgram.Check(corefile);
        }
    }

    [Theory]
    [InlineData("stale: {mode: Off}")]
    [InlineData("stale: {mode: 'Off'}")]
    [InlineData("stale: {mode: off}")]
    public void Off_is_off_with_and_without_quotes(string setting) =>
        Assert.DoesNotContain("serve_stale", Block(Corefile($"zones: {{corp.example: {{{setting}}}}}"), "corp.example"), StringComparison.Ordinal);

    [Fact]
    public void Answers_survive_an_hours_outage_of_those_who_know_them()
    {
        var corefile = Corefile("zones: {}");
        Assert.Contains("serve_stale 1h verify", Block(corefile, "cluster.local"), StringComparison.Ordinal);
        Assert.Contains("serve_stale_policy prefer_positive", Block(corefile, "cluster.local"), StringComparison.Ordinal);
        Assert.Contains("serve_stale 1h verify", Block(corefile, "."), StringComparison.Ordinal);
        Assert.DoesNotContain("prefer_positive", Block(corefile, "."), StringComparison.Ordinal);
        CacheProgram.Check(corefile);
    }

    [Theory]
    [InlineData("cache: {serveStale: ''}", "serve_stale")]
    [InlineData("cache: {preferPositive: false}", "prefer_positive")]
    [InlineData("zones: {cluster.local: {stale: {mode: Off}}, .: {stale: {mode: Off}}}", "serve_stale")]
    [InlineData("zones: {cluster.local: {stale: {preferPositive: false}}}", "prefer_positive")]
    public void Each_of_it_can_be_switched_off(string values, string gone)
    {
        var corefile = Corefile(values);
        Assert.DoesNotContain(gone, corefile, StringComparison.Ordinal);
        CacheProgram.Check(corefile);
    }

    [Fact]
    public void The_reverse_zones_take_what_is_set_for_the_cluster_but_its_servers()
    {
        var corefile = Corefile("zones: {cluster.local: {successTtlSeconds: 7, upstreams: [10.9.9.9]}, ip6.arpa: {successTtlSeconds: 8}}");
        Assert.Contains("success 9984 7", Block(corefile, "in-addr.arpa"), StringComparison.Ordinal);
        Assert.Contains("success 9984 8", Block(corefile, "ip6.arpa"), StringComparison.Ordinal);
        Assert.Contains("forward . 10.96.0.10 {", Block(corefile, "in-addr.arpa"), StringComparison.Ordinal);
        Assert.Contains("forward . 10.9.9.9 {", Block(corefile, "cluster.local"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_zone_below_the_clusters_domain_is_asked_of_cluster_dns() => Assert.Contains("forward . 10.96.0.10 {\n        force_tcp",
        Block(Corefile("zones: {slow.svc.cluster.local: {successTtlSeconds: 300}}"), "slow.svc.cluster.local"), StringComparison.Ordinal);

    [Fact]
    public void A_stub_domain_is_a_zone_with_servers_of_its_own()
    {
        var block = Block(Corefile("cache: {stubDomains: {corp.example: [10.1.0.53]}}"), "corp.example");
        Assert.Contains("forward . 10.1.0.53\n", block, StringComparison.Ordinal);
        Assert.Contains("serve_stale 1h verify", block, StringComparison.Ordinal);
    }

    [Fact]
    public void A_setting_that_is_null_is_the_default() => Assert.Equal(Corefile("zones: {}"),
        Corefile("zones: {cluster.local: {protocol: null, upstreams: null, stale: {mode: null, duration: null}}, .: null}"));

    [Theory]
    [InlineData("zones: {cluster.local: {upstreams: Node}}", "the node's servers know no name of the cluster")]
    [InlineData("zones: {a.cluster.local: {upstreams: Node}}", "set ClusterDNS, or name servers that do")]
    [InlineData("zones: {corp.example: {upstreams: [169.254.20.10]}}", "it would ask itself")]
    [InlineData("zones: {corp.example: {upstreams: ['169.254.20.10:53']}}", "it would ask itself")]
    [InlineData("cache: {upstreamServers: [169.254.20.10]}", "it would ask itself")]
    [InlineData("cache: {stubDomains: {corp.example: ['tls://169.254.20.10']}}", "it would ask itself")]
    [InlineData("zones: {corp.example: {upstreams: ['tls://10.1.0.1'], protocol: PreferUDP}}", "leave protocol out")]
    [InlineData("zones: {corp.example: {upstreams: ['tls://10.1.0.1'], protocol: ForceTCP}}", "leave protocol out")]
    [InlineData("zones: {corp.example: {upstreams: ['10.1.0.1%ns.example']}}", "for tls:// only")]
    [InlineData("zones: {corp.example: {stale: {mode: Off, duration: 1h}}}", "stale.duration 1h, which has no effect")]
    [InlineData("zones: {corp.example: {stale: {mode: Off, timeout: 1s}}}", "stale.timeout 1s, which has no effect")]
    [InlineData("zones: {corp.example: {stale: {mode: Off, preferPositive: true}}}", "there is none to prefer")]
    [InlineData("zones: {corp.example: {stale: {mode: Immediate, timeout: 1s}}}", "nothing is waited for")]
    [InlineData("cache: {serveStale: ''}\nzones: {corp.example: {stale: {duration: 1h}}}", "choose Verify or Immediate")]
    [InlineData("zones: {corp.example: {}, corp.example.: {}}", "which are one zone")]
    [InlineData("cache: {stubDomains: {corp.example: [10.1.0.1]}}\nzones: {corp.example: {}}", "leave it out of cache.stubDomains")]
    [InlineData("cache: {stubDomains: {corp.example: [10.1.0.1]}}\nzones: {corp.example.: {}}", "leave it out of cache.stubDomains")]
    [InlineData("cache: {stubDomains: {cluster.local: [10.1.0.1]}}", "set zones instead")]
    [InlineData("cache: {upstreamServers: [9.9.9.9]}\nzones: {.: {upstreams: [1.1.1.1]}}", "give one of the two")]
    [InlineData("cache: {corefile: x}\nzones: {corp.example: {}}", "leave cache.corefile empty")]
    [InlineData("zones: {corp.example: {upstreams: Nodes}}", "upstreams")]
    [InlineData("zones: {corp.example: {upstreams: [ns.example]}}", "upstreams")]
    [InlineData("zones: {corp.example: {upstreams: []}}", "upstreams")]
    [InlineData("zones: {corp.example: {ttl: 5}}", "ttl")]
    [InlineData("zones: {corp.example: {stale: {duration: 1 hour}}}", "duration")]
    [InlineData("zones: {Corp_Example!: {}}", "zones")]
    [InlineData("zones: {corp.example: {successTtlSeconds: 0}}", "successTtlSeconds")]
    public void What_cannot_work_is_refused_by_zone_setting_and_way_out(string values, string said) =>
        Assert.Contains(said, Refusal(values), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(DefaultsTests.ValuesFiles), MemberType = typeof(DefaultsTests))]
    public void The_corefile_of_every_example_of_values_is_valid(string file)
    {
        var rendered = Rendered.Exactly("1.36.3", "--values", Path.Combine(Tool.ChartFolder, "ci", file));
        CacheProgram.Check(rendered.Objects.Single(o => o.Text("kind") == "ConfigMap" && o.Text("metadata.name").EndsWith("-cache", StringComparison.Ordinal))
            .Text("data.Corefile"));
    }

    [Fact]
    public void The_example_of_the_documents_is_valid()
    {
        var page = File.ReadAllText(Path.Combine(Tool.Checkout, "docs", "zones.md"));
        CacheProgram.Check(Corefile(Regex.Match(page, "```yaml\n(.*?)```", RegexOptions.Singleline).Groups[1].Value));
    }
}
