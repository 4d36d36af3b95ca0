namespace NodeDns.Chart.Tests;

/// <summary>What spares cluster DNS questions and lookups its dead pods: search_cut, and the Service over its pods.</summary>
public sealed class EndpointsTests(ApiServer server)
{
    private const string Known = "dns.clusterDNS={10.96.0.10}";

    private static string Corefile(Rendered rendered) => rendered.One("ConfigMap", "nd-cache").Text("data.Corefile");

    [Fact]
    public void Where_helm_finds_cluster_DNS_its_pods_are_asked()
    {
        server.Require();
        var installed = server.Helm(["install", "nd", Tool.ChartFolder, "--namespace", "node-dns", "--dry-run=server"]);
        Assert.True(installed.ExitCode == 0, installed.Error);
        var rendered = Rendered.OfInstall(installed.Output);
        var service = rendered.One("Service", "nd-cluster-dns");
        Assert.Equal(("kube-system", "None", "kube-dns"),
            (service.Text("metadata.namespace"), service.Text("spec.clusterIP"), service.Text("spec.selector.k8s-app")));
        Assert.Contains("endpoints nd-cluster-dns.kube-system.svc.cluster.local\n", Corefile(rendered), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("auto", false)]
    [InlineData("false", false)]
    [InlineData("true", true)]
    public void Where_cluster_DNS_is_given_the_value_decides(string enabled, bool made)
    {
        var rendered = Rendered.With("--set", $"{Known},dns.endpoints.enabled={enabled}");
        Assert.Equal(made, rendered.Objects.Any(o => o.Text("metadata.name") == "nd-cluster-dns"));
        Assert.Equal(made, Corefile(rendered).Contains("endpoints ", StringComparison.Ordinal));
        CacheProgram.Check(Corefile(rendered));
    }

    [Fact]
    public void Namespace_labels_and_port_of_the_pods_are_values()
    {
        var rendered = Rendered.With("--set", $"{Known},dns.endpoints.enabled=true,dns.endpoints.namespace=openshift-dns",
            "--set", "dns.endpoints.port=5353,dns.endpoints.selector.k8s-app=null",
            "--set", @"dns.endpoints.selector.dns\.operator\.openshift\.io/daemonset-dns=default");
        var service = rendered.One("Service", "nd-cluster-dns");
        Assert.Equal("openshift-dns", service.Text("metadata.namespace"));
        Assert.Equal("""{"dns.operator.openshift.io/daemonset-dns":"default"}""", service.At("spec.selector")!.ToJsonString());
        Assert.Contains("endpoints nd-cluster-dns.openshift-dns.svc.cluster.local:5353\n", Corefile(rendered), StringComparison.Ordinal);
        CacheProgram.Check(Corefile(rendered));
    }

    [Theory]
    [InlineData("cache.logQueries=false", 1)]
    [InlineData("cache.searchCut=false", 0)]
    [InlineData("cache.denialTtlSeconds=0", 0)]
    [InlineData("cache.stubDomains.legacy\\.cluster\\.local={10.0.0.53}", 0)]
    public void Search_cut_is_in_the_block_of_the_clusters_domain_where_it_can_work(string value, int times)
    {
        var corefile = Corefile(Rendered.With("--set", Known, "--set", value));
        Assert.Equal(times, corefile.Split("search_cut").Length - 1);
        Assert.True(times == 0 || corefile.IndexOf("search_cut", StringComparison.Ordinal)
            < corefile.IndexOf("in-addr.arpa", StringComparison.Ordinal));
        CacheProgram.Check(corefile);
    }
}
