using System.Text.Json.Nodes;
using NodeDns.Cli.Tests.Cluster;

namespace NodeDns.Cli.Tests;

/// <summary><c>undo --check</c>, which the chart runs before an uninstall.</summary>
public sealed class UndoCheckTests
{
    [Fact]
    public async Task Pods_that_would_lose_dns_are_listed_with_the_way_out()
    {
        await using var server = await PodServer.StartAsync();
        server.Pods.AddRange(Enumerable.Range(0, 700).Select(i => Pod($"plain-{i}", "ClusterFirst")));
        server.Pods.Add(Pod("both", "None", "169.254.20.10", "10.96.0.10"));
        server.Pods.Add(Pod("own", "None", "192.0.2.1"));
        server.Pods.Add(Pod("alone", "None", "169.254.20.10"));
        server.Pods.Add(Pod("two", "None", "169.254.20.10", "fd00:20::10"));
        var run = server.Check("--local-address", "169.254.20.10,fd00:20::10");
        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        Assert.Contains("2 pods have the node cache (169.254.20.10, fd00:20::10) as the only nameserver", run.Output, StringComparison.Ordinal);
        Assert.Contains("shop/alone (ReplicaSet web-5d9f)", run.Output, StringComparison.Ordinal);
        Assert.Contains("shop/two", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("shop/both", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("shop/own", run.Output, StringComparison.Ordinal);
        Assert.Contains("kubectl rollout restart", run.Output, StringComparison.Ordinal);
        Assert.Contains("helm rollback", run.Output, StringComparison.Ordinal);
        Assert.Contains("uninstall.force=true", run.Output, StringComparison.Ordinal);
        Assert.Contains("--no-hooks", run.Output, StringComparison.Ordinal);
    }

    /// <summary>The API server keeps an IPv6 address as its author has spelt it.</summary>
    [Theory]
    [InlineData("fd00:20:0:0:0:0:0:10", "fd00:20::10")]
    [InlineData("FD00:0020::0010", "fd00:20::10")]
    [InlineData("fd00:20::10", "FD00:20:0::10")]
    [InlineData("::ffff:169.254.20.10", "169.254.20.10")]
    public async Task A_pod_that_spells_the_local_address_otherwise_depends_on_it_too(string written, string local)
    {
        await using var server = await PodServer.StartAsync();
        server.Pods.Add(Pod("alone", "None", written));
        var run = server.Check("--local-address", local);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("1 pod has ", run.Output, StringComparison.Ordinal);
        Assert.Contains("shop/alone", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_list_is_cut()
    {
        await using var server = await PodServer.StartAsync();
        server.Pods.AddRange(Enumerable.Range(0, 60).Select(i => Pod($"alone-{i}", "None", "169.254.20.10")));
        var run = server.Check("--local-address", "169.254.20.10");
        Assert.Contains("60 pods", run.Output, StringComparison.Ordinal);
        Assert.Contains("and 10 more", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_second_nameserver_everywhere_nothing_stands_in_the_way()
    {
        await using var server = await PodServer.StartAsync();
        server.Pods.Add(Pod("both", "None", "169.254.20.10", "10.96.0.10"));
        var run = server.Check("--local-address", "169.254.20.10");
        Assert.Equal((0, "No pod of the cluster depends on 169.254.20.10 alone.\n", ""), (run.ExitCode, run.Output, run.Error));
    }

    /// <summary>kubeadm's and kops' clusters with kube-proxy in IPVS mode: clusterDNS of the kubelets is the node cache.</summary>
    [Theory]
    [InlineData("169.254.20.10", "169.254.20.10", 1)]
    [InlineData("fd00:20:0:0::10", "FD00:20::10", 1)]
    [InlineData("10.96.0.10", "169.254.20.10", 0)]
    public async Task Where_kubelet_itself_gives_out_the_local_address_the_uninstall_stops(string nameserver, string local, int code)
    {
        await using var server = await PodServer.StartAsync();
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, $"nameserver {nameserver}\nsearch a.svc.cluster.local\n");
            var run = server.Check("--local-address", local, "--resolv-conf", file);
            Assert.Equal(code, run.ExitCode);
            Assert.Equal(code == 1, run.Output.Contains("change clusterDNS in the kubelets' configuration", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task An_api_server_that_refuses_is_told()
    {
        await using var server = await PodServer.StartAsync();
        server.Status = 403;
        var run = server.Check("--local-address", "169.254.20.10");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("not allowed to list pods in the whole cluster: not today", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--local-address 169.254.20.10,x: expected addresses", "--check", "--local-address", "169.254.20.10,x")]
    [InlineData("--resolv-conf /nowhere: ", "--check", "--local-address", "169.254.20.10", "--resolv-conf", "/nowhere")]
    [InlineData("--local-address 169.254.20.10: expected with --check only", "--local-address", "169.254.20.10")]
    [InlineData("--resolv-conf /etc/resolv.conf: expected with --check only", "--resolv-conf", "/etc/resolv.conf")]
    public void A_bad_flag_is_one_sentence(string expected, params string[] flags)
    {
        var cluster = Path.GetTempFileName();
        try
        {
            File.WriteAllText(cluster, """
                {apiVersion: v1, kind: Config, clusters: [{name: a, cluster: {server: "http://127.0.0.1:1"}}], contexts: [{name: a, context: {cluster: a}}], current-context: a}
                """);
            var run = Plugin.RunAs(cluster, ["undo", .. flags]);
            Assert.StartsWith("error: " + expected, run.Error, StringComparison.Ordinal);
            Assert.Single(run.Error.TrimEnd().Split('\n'));
            Assert.Equal(2, run.ExitCode);
        }
        finally
        {
            File.Delete(cluster);
        }
    }

    private static JsonObject Pod(string name, string policy, params string[] nameservers)
    {
        var metadata = new JsonObject { ["namespace"] = "shop", ["name"] = name };
        if (name == "alone")
        {
            metadata["ownerReferences"] = new JsonArray(new JsonObject { ["kind"] = "ReplicaSet", ["name"] = "web-5d9f" });
        }

        var spec = new JsonObject { ["dnsPolicy"] = policy };
        if (nameservers.Length > 0)
        {
            spec["dnsConfig"] = new JsonObject { ["nameservers"] = new JsonArray([.. nameservers.Select(n => (JsonNode)n)]) };
        }

        return new JsonObject { ["metadata"] = metadata, ["spec"] = spec };
    }
}
