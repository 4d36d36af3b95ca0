using NodeDns.Linux.Interop;
using NodeDns.Node.Tests.Lab;

namespace NodeDns.Node.Tests;

/// <summary>Moving in where the official node-cache serves, two ways.</summary>
[Collection("node")]
public sealed class MigrationTests(ITestOutputHelper output) : IDisposable
{
    private readonly NodeLab _lab = new(output);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Taking_over_from_a_living_node_cache_loses_no_lookup()
    {
        var nodeCache = new NodeCacheStandIn(_lab);
        Assert.Equal(12, nodeCache.CountRules());
        var load = _lab.Load();
        NodeLab.Pass(1);
        var guard = _lab.StartGuard();
        _lab.StartServe();
        guard.WaitFor("new lookups come here only");
        NodeLab.WaitForService(guard);
        NodeLab.Pass(1);
        nodeCache.TearDown();
        guard.WaitFor("link nodelocaldns created");
        guard.WaitFor("the other program is gone");
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "takeover from node-cache, which tears down");
        Assert.Contains("node-dns-cache guard", _lab.Node.Run("ip -d link show nodelocaldns"),
            StringComparison.Ordinal);
        Assert.DoesNotContain("nodelocaldns-2", _lab.Node.Run("ip link"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("iptables")]
    [InlineData("iptables-legacy")]
    public void What_a_killed_node_cache_has_left_is_adopted_or_removed(string iptables)
    {
        var nodeCache = new NodeCacheStandIn(_lab, iptables);
        var load = _lab.Load();
        var guard = _lab.StartGuardWith("-all,+net_admin,+net_bind_service,+net_raw", "--host-accept", "off");
        _lab.StartServe();
        NodeLab.WaitForService(guard);
        nodeCache.Stop();
        guard.WaitFor("12 iptables rules of node-cache removed");
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, $"takeover from node-cache, which leaves link and {iptables} rules");
        Assert.Equal(0, nodeCache.CountRules());
        Assert.Contains("scope link", _lab.Node.Run("ip addr show nodelocaldns"), StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_of_iptables_legacy_that_cannot_be_seen_are_named()
    {
        var nodeCache = new NodeCacheStandIn(_lab, "iptables-legacy");
        nodeCache.Stop();
        var guard = _lab.StartGuard();
        guard.WaitFor("for iptables-legacy also CAP_NET_RAW");
        Assert.Equal(12, nodeCache.CountRules());
    }

    [Fact]
    public void ACCEPT_rules_that_the_host_needs_are_kept()
    {
        var nodeCache = new NodeCacheStandIn(_lab);
        _lab.Node.Run("iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT -m state --state ESTABLISHED -j ACCEPT; iptables -P INPUT DROP");
        var guard = _lab.StartGuard();
        _lab.StartServe();
        NodeLab.WaitForService(guard);
        nodeCache.Stop();
        guard.WaitFor("8 iptables rules of node-cache removed");
        Assert.Equal(4, nodeCache.CountRules());
        Assert.Contains("10.1.2.3", _lab.Dig("two.example."), StringComparison.Ordinal);
    }

    [Fact]
    public void The_image_alone_can_be_swapped()
    {
        var (program, corefile) = StartAsNodeCache();
        Assert.Contains("10.1.2.3", _lab.Dig("three.example."), StringComparison.Ordinal);
        Assert.Contains("10.1.2.3", _lab.Dig("three.example.", flags: "+tcp"), StringComparison.Ordinal);
        Assert.Contains("OK", _lab.Node.Run($"curl -s http://{NodeLab.LocalAddress}:8080/health"),
            StringComparison.Ordinal);
        Assert.Contains("coredns_nodecache_setup_errors_total{errortype=\"iptables\"} 0",
            _lab.Node.Run("curl -s http://127.0.0.1:9353/metrics"), StringComparison.Ordinal);
        Assert.Contains("coredns_dns_requests_total", _lab.Node.Run("curl -s http://127.0.0.1:9253/metrics"),
            StringComparison.Ordinal);
        Assert.Equal(program.Id, int.Parse(File.ReadAllText(Path.Combine(_lab.Folder, "pid")),
            System.Globalization.CultureInfo.InvariantCulture));
        Assert.True(File.Exists(corefile));

        var child = ChildOf(program.Id);
        var status = File.ReadAllText($"/proc/{child}/status");
        Assert.Contains("Uid:\t65534\t65534\t65534\t65534", status, StringComparison.Ordinal);
        Assert.Contains("CapEff:\t0000000000000000", status, StringComparison.Ordinal);
        Assert.Contains("CapPrm:\t0000000000000000", status, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivs:\t1", status, StringComparison.Ordinal);

        program.Signal(Libc.SIGTERM);
        program.WaitForExit();
        Assert.Equal(0, program.ExitCode);
        Assert.DoesNotContain("nodelocaldns", _lab.Node.Run("ip link; nft list ruleset"), StringComparison.Ordinal);
    }

    /// <summary>The second way after the first: its tear-down removes what is its own, and nothing of the other
    /// guard's.</summary>
    [Fact]
    public void From_the_swapped_image_to_the_chart_loses_no_lookup()
    {
        var (program, _) = StartAsNodeCache();
        var load = _lab.Load();
        NodeLab.Pass(1);
        var guard = _lab.StartGuard();
        _lab.StartServe();
        NodeLab.WaitForService(guard);
        NodeLab.Pass(0.5);
        program.Signal(Libc.SIGTERM);
        program.WaitForExit();
        guard.WaitFor("the other program is gone");
        _lab.WaitUntil(() => !_lab.Node.Run("ip link").Contains("nodelocaldns-2", StringComparison.Ordinal), "one link is enough");
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "image swapped, then the chart");
        var left = _lab.Node.Run("ip addr show nodelocaldns; nft list tables");
        Assert.Contains(NodeLab.LocalAddress, left, StringComparison.Ordinal);
        Assert.Contains("inet nodelocaldns", left, StringComparison.Ordinal);
    }

    [Fact]
    public void Swapped_in_it_survives_the_death_of_its_cache()
    {
        var (program, _) = StartAsNodeCache();
        var load = _lab.Load();
        NodeLab.Pass(1);
        Libc.Kill(ChildOf(program.Id), Libc.SIGKILL);
        _lab.WaitUntil(() => program.Count("] guard: the cache (0") >= 2, "the next child serves");
        NodeLab.Pass(1);
        _lab.AssertNothingLost(load, "image swapped, SIGKILL of the cache child");
    }

    [Fact]
    public void Swapped_in_it_kills_a_hung_cache()
    {
        const int stop = 19;
        var (program, _) = StartAsNodeCache();
        var load = _lab.Load();
        NodeLab.Pass(1);
        Libc.Kill(ChildOf(program.Id), stop);
        program.WaitFor("ended by signal 9");
        NodeLab.Pass(2);
        _lab.AssertNothingLost(load, "image swapped, hang of the cache child");
    }

    /// <summary>The arguments, environment and Corefile of the official manifest, IPVS variant: a link-local address
    /// only.</summary>
    private (RunningProgram Program, string Corefile) StartAsNodeCache()
    {
        var corefile = Path.Combine(_lab.Folder, "Corefile.base");
        File.WriteAllText(corefile, $$"""
            cluster.local:53 {
                errors
                cache {
                        success 9984 30
                        denial 9984 5
                }
                reload
                loop
                bind {{NodeLab.LocalAddress}}
                forward . __PILLAR__CLUSTER__DNS__ {
                        force_tcp
                }
                prometheus :9253
                health {{NodeLab.LocalAddress}}:8080
                }
            .:53 {
                errors
                cache 30
                reload
                loop
                bind __PILLAR__LOCAL__DNS__
                forward . __PILLAR__CLUSTER__DNS__
                prometheus __PROMETHEUS__ENDPOINT__
                }
            """);
        var program = _lab.Start("node-cache",
        [
            "env", $"KUBE_DNS_UPSTREAM_SERVICE_HOST={NodeLab.ClusterDns}", .. NodeLab.Program,
            "-localip", NodeLab.LocalAddress, "-conf", Path.Combine(_lab.Folder, "Corefile.out"), "-upstreamsvc",
            "kube-dns-upstream", "-basecorefile", corefile, "-pidfile", Path.Combine(_lab.Folder, "pid"),
        ]);
        NodeLab.WaitForService(program);
        return (program, corefile);
    }

    private static int ChildOf(int id) => int.Parse(
        File.ReadAllText($"/proc/{id}/task/{id}/children").Split(' ')[0],
            System.Globalization.CultureInfo.InvariantCulture);
}
