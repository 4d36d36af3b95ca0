using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

public sealed class CacheTests
{
    private static JsonObject DaemonSet(params string[] arguments) =>
        Rendered.With(arguments).One("DaemonSet", "nd-cache");

    private static string Corefile(params string[] arguments) =>
        Rendered.With(arguments).One("ConfigMap", "nd-cache").Text("data.Corefile");

    [Fact]
    public void An_upgrade_starts_the_new_pod_before_the_old_one_stops()
    {
        var set = DaemonSet();
        Assert.Equal("1", set.Text("spec.updateStrategy.rollingUpdate.maxSurge"));
        Assert.Equal("0", set.Text("spec.updateStrategy.rollingUpdate.maxUnavailable"));
        // A declared port of a hostNetwork pod is a hostPort, and two pods with one cannot be on a node.
        Assert.All(set.At("spec.template.spec.containers")!.AsArray(), c => Assert.Null(c!["ports"]));
    }

    /// <summary>The health port is the old pod's until the new cache serves.</summary>
    [Fact]
    public void The_new_pods_start_is_asked_of_its_own_guard_and_not_of_the_health_port()
    {
        var probe = DaemonSet().Container("guard").At("startupProbe")!;
        Assert.Equal(["/node-dns-cache", "ready", "--handover", "/run/node-dns/pod/handover.sock"], probe.Strings("exec.command"));
        Assert.Null(probe["httpGet"]);
    }

    [Fact]
    public void It_lives_on_the_host_network_and_uses_the_nodes_own_dns()
    {
        var pod = DaemonSet().At("spec.template.spec")!;
        Assert.Equal("true", pod.Text("hostNetwork"));
        Assert.Equal("Default", pod.Text("dnsPolicy"));
        Assert.Equal("system-node-critical", pod.Text("priorityClassName"));
        Assert.Equal("false", pod.Text("automountServiceAccountToken"));
    }

    [Fact]
    public void The_guard_has_two_capabilities_and_the_cache_none()
    {
        var set = DaemonSet();
        var guard = set.Container("guard").At("securityContext")!;
        Assert.Equal(["ALL"], guard.Strings("capabilities.drop"));
        Assert.Equal(["NET_ADMIN", "NET_BIND_SERVICE"], guard.Strings("capabilities.add"));
        var cache = set.Container("cache").At("securityContext")!;
        Assert.Equal(["ALL"], cache.Strings("capabilities.drop"));
        Assert.Empty(cache.Strings("capabilities.add"));
        Assert.Equal("65534", cache.Text("runAsUser"));
        Assert.All(new[] { guard, cache }, context =>
        {
            Assert.Equal("true", context.Text("readOnlyRootFilesystem"));
            Assert.Equal("false", context.Text("allowPrivilegeEscalation"));
            Assert.Equal("", context.Text("privileged"));
        });
    }

    /// <summary>iptables-legacy opens a raw socket, and all its users on a node share one lock.</summary>
    [Fact]
    public void Rules_by_iptables_come_with_what_iptables_legacy_needs()
    {
        var set = DaemonSet("--set", "guard.rules=iptables");
        Assert.Contains("NET_RAW", set.Container("guard").Strings("securityContext.capabilities.add"));
        Assert.Single(set.Container("guard").At("volumeMounts")!.AsArray(), m => m!.Text("mountPath") == "/run/xtables.lock");
        Assert.Single(set.At("spec.template.spec.volumes")!.AsArray(), v => v!.Text("hostPath.path") == "/run/xtables.lock");
    }

    [Fact]
    public void Answers_from_the_kernel_are_off_and_come_with_the_capability_that_loads_them()
    {
        Assert.DoesNotContain(DaemonSet().Container("guard").Strings("args"), a => a.Contains("kernel-answers", StringComparison.Ordinal));
        var set = DaemonSet("--set", "guard.kernelAnswers=true");
        Assert.Contains("--kernel-answers=auto", set.Container("guard").Strings("args"));
        Assert.Equal(["NET_ADMIN", "NET_BIND_SERVICE", "BPF"], set.Container("guard").Strings("securityContext.capabilities.add"));
        Assert.Empty(set.Container("cache").Strings("securityContext.capabilities.add"));
    }

    /// <summary>An OOM kill takes a whole container, so what must survive it has a limit of its own.</summary>
    [Fact]
    public void Guard_and_cache_have_memory_limits_of_their_own()
    {
        var set = DaemonSet();
        Assert.Equal("64Mi", set.Container("guard").Text("resources.limits.memory"));
        Assert.Equal("192Mi", set.Container("cache").Text("resources.limits.memory"));
    }

    [Fact]
    public void Both_containers_share_the_hand_over_socket_and_only_the_guard_the_take_over_one()
    {
        var set = DaemonSet();
        var guard = set.Container("guard");
        var cache = set.Container("cache");
        Assert.Contains("--handover=/run/node-dns/pod/handover.sock", guard.Strings("args"));
        Assert.Contains("--handover=/run/node-dns/pod/handover.sock", cache.Strings("args"));
        Assert.Contains("--takeover=/run/node-dns/node/takeover.sock", guard.Strings("args"));
        Assert.DoesNotContain(cache.At("volumeMounts")!.AsArray(), m => m!.Text("name") == "node");
        Assert.Equal("/run/nd-cache", Assert.Single(set.At("spec.template.spec.volumes")!.AsArray(),
            v => v!.Text("name") == "node")!.Text("hostPath.path"));
    }

    [Fact]
    public void The_corefile_has_node_caches_zones_in_its_order()
    {
        var lines = Corefile().Split('\n').Where(l => l.EndsWith(":53 {", StringComparison.Ordinal));
        Assert.Equal(["cluster.local:53 {", "in-addr.arpa:53 {", "ip6.arpa:53 {", ".:53 {"], lines);
    }

    [Fact]
    public void Every_block_binds_the_local_address_and_never_all_addresses()
    {
        var corefile = Corefile("--set", "dns.localAddresses={169.254.20.10,fd00:20::10}", "--set", "cache.stubDomains.corp\\.example={10.1.0.53}");
        Assert.Equal(5, corefile.Split(":53 {").Length - 1);
        Assert.Equal(5, corefile.Split("bind 169.254.20.10 fd00:20::10").Length - 1);
        Assert.Contains("corp.example:53 {", corefile, StringComparison.Ordinal);
        Assert.Contains("forward . 10.1.0.53", corefile, StringComparison.Ordinal);
    }

    [Fact]
    public void Cluster_names_go_to_cluster_dns_over_tcp_and_others_to_the_nodes_servers()
    {
        var corefile = Corefile("--set", "dns.clusterDomain=k8s.example");
        Assert.Contains("k8s.example:53 {", corefile, StringComparison.Ordinal);
        Assert.Contains("forward . 10.96.0.10 {\n        force_tcp", corefile, StringComparison.Ordinal);
        Assert.Contains("forward . __PILLAR__UPSTREAM__SERVERS__", corefile, StringComparison.Ordinal);
        Assert.Contains("forward . 9.9.9.9 1.1.1.1", Corefile("--set", "cache.upstreamServers={9.9.9.9,1.1.1.1}"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_corefile_of_ones_own_is_taken_as_it_is() =>
        Assert.Equal(".:53 {\n    whoami\n}", Corefile("--set-string", "cache.corefile=.:53 {\n    whoami\n}").TrimEnd());

    [Fact]
    public void Interception_binds_the_service_addresses_too()
    {
        var rendered = Rendered.With("--set", "dns.clusterDNS={10.96.0.11}", "--set", "guard.interceptClusterDNS={10.96.0.10}");
        Assert.Contains("--intercept-cluster-dns=10.96.0.10",
            rendered.One("DaemonSet", "nd-cache").Container("guard").Strings("args"));
        Assert.Contains("bind 169.254.20.10 10.96.0.10", rendered.One("ConfigMap", "nd-cache").Text("data.Corefile"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Clients_are_counted_by_address_unless_that_is_switched_off()
    {
        Assert.DoesNotContain(DaemonSet().Container("cache").Strings("args"), IsClientMetrics);
        Assert.Contains("--client-metrics=off", DaemonSet("--set", "cache.clientMetrics=false").Container("cache").Strings("args"));

        static bool IsClientMetrics(string argument) => argument.StartsWith("--client-metrics", StringComparison.Ordinal);
    }

    [Fact]
    public void No_port_of_the_node_is_8080() =>
        Assert.DoesNotContain("8080", DaemonSet().ToJsonString() + Corefile(), StringComparison.Ordinal);
}
