using System.Text.Json.Nodes;
using NodeDns.Webhook.Hooks;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Hooks;

/// <summary>The subcommands that the chart's hooks run, against an API server on a real socket.</summary>
public sealed class HookTests
{
    private const string ConfigMap = "/api/v1/namespaces/node-dns/configmaps/nd-cluster-dns";

    [Theory]
    [InlineData("""{"clusterIP":"10.96.0.10","clusterIPs":["10.96.0.10","fd00:96::a"]}""", "10.96.0.10,fd00:96::a")]
    [InlineData("""{"clusterIP":"10.96.0.10"}""", "10.96.0.10")]
    public async Task The_addresses_of_the_service_are_written_into_the_config_map(string spec, string addresses)
    {
        await using var server = await ObjectServer.StartAsync();
        server.Objects["/api/v1/namespaces/kube-system/services/kube-dns"] = new JsonObject { ["spec"] = JsonNode.Parse(spec) };
        var run = await server.RunAsync("cluster-dns", "kube-system/kube-dns", "node-dns/nd-cluster-dns");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(addresses, (string?)server.Objects[ConfigMap]["data"]!["clusterDNS"]);
        Assert.Equal(addresses.Replace(',', ' '), (string?)server.Objects[ConfigMap]["data"]!["clusterDNSWords"]);
    }

    [Fact]
    public async Task An_engine_is_settled_when_its_pods_serve_and_its_ca_is_there()
    {
        const string deployment = "/apis/apps/v1/namespaces/node-dns/deployments/nd-webhook";
        const string configuration = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/nd-webhook";
        await using var server = await ObjectServer.StartAsync();
        server.Objects[deployment] = Deployment(generation: 2, observed: 1, available: 1);
        server.Objects[configuration] = JsonNode.Parse("""{"webhooks":[{"clientConfig":{}}]}""")!;
        var run = server.RunAsync("settle", "0", deployment, configuration);
        await Until.TrueAsync(() => server.Asked(deployment) > 0);
        server.Objects[deployment] = Deployment(generation: 2, observed: 2, available: 0);
        await Until.TrueAsync(() => server.Asked(deployment) > 1);
        Assert.Equal(0, server.Asked(configuration));
        server.Objects[deployment] = Deployment(generation: 2, observed: 2, available: 1);
        await Until.TrueAsync(() => server.Asked(configuration) > 0);
        Assert.False(run.IsCompleted);
        server.Objects[configuration] = JsonNode.Parse("""{"webhooks":[{"clientConfig":{"caBundle":"UEVN"}}]}""")!;
        Assert.Equal((0, ""), ((await run).ExitCode, (await run).Error));
        Assert.Equal(0, (await server.RunAsync("settle", "0", deployment, "")).ExitCode);
        Assert.Equal(0, (await server.RunAsync("settle", "0")).ExitCode);
    }

    [Theory]
    [InlineData("""{"clusterIP":"None","clusterIPs":["None"]}""", "has no ClusterIP")]
    [InlineData("""{"type":"ExternalName"}""", "has no ClusterIP")]
    [InlineData(null, "there is no such Service")]
    public async Task A_service_without_an_address_is_told_with_the_way_out(string? spec, string said)
    {
        await using var server = await ObjectServer.StartAsync();
        if (spec is not null)
        {
            server.Objects["/api/v1/namespaces/kube-system/services/kube-dns"] = new JsonObject { ["spec"] = JsonNode.Parse(spec) };
        }

        var run = await server.RunAsync("cluster-dns", "kube-system/kube-dns", "node-dns/nd-cluster-dns");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("kube-system/kube-dns", run.Error, StringComparison.Ordinal);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
        Assert.Contains("set dns.clusterDNS", run.Error, StringComparison.Ordinal);
        Assert.False(server.Objects.ContainsKey(ConfigMap));
    }

    [Fact]
    public async Task What_is_left_is_deleted_and_what_is_gone_is_no_error()
    {
        await using var server = await ObjectServer.StartAsync();
        server.Objects[ConfigMap] = new JsonObject();
        var run = await server.RunAsync("clean-up", ConfigMap, "/api/v1/namespaces/node-dns/secrets/gone");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Empty(server.Objects);
    }

    [Theory]
    [InlineData("cluster-dns", "kube-system/kube-dns", "node-dns/nd-cluster-dns")]
    [InlineData("clean-up", ConfigMap)]
    public async Task An_api_server_that_refuses_is_told(params string[] arguments)
    {
        await using var server = await ObjectServer.StartAsync();
        server.Status = 403;
        var run = await server.RunAsync(arguments);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("403", run.Error, StringComparison.Ordinal);
        Assert.Contains("not today", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cluster-dns")]
    [InlineData("cluster-dns", "kube-dns", "nd")]
    [InlineData("settle")]
    [InlineData("settle", "soon")]
    [InlineData("settle", "1", "/a", "/b", "/c")]
    [InlineData("clean-up", "secrets/a")]
    public async Task Arguments_that_are_none_are_told_with_what_was_expected(params string[] arguments)
    {
        await using var server = await ObjectServer.StartAsync();
        var run = await server.RunAsync(arguments);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("expected", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outside_of_a_pod_a_hook_says_where_it_belongs()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(1, await HookCommand.RunAsync(HookCommand.Find(["clean-up", "/api"])!, null, output, error));
        Assert.Contains("expected to run in a pod", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_webhooks_options_are_no_hook() => Assert.Null(HookCommand.Find(["--listen", ":8443"]));

    private static JsonNode Deployment(int generation, int observed, int available) => JsonNode.Parse($$$"""
        {"metadata":{"generation":{{{generation}}}},"spec":{"replicas":2},
         "status":{"observedGeneration":{{{observed}}},"updatedReplicas":1,"availableReplicas":{{{available}}}}}
        """)!;
}
