using NodeDns.Corefile;
using Xunit;

namespace NodeDns.Cache.Tests.Corefile;

public sealed class PillarTextTests
{
    private static readonly PillarValues s_values = new()
    {
        LocalAddresses = ["169.254.20.10", "10.96.0.10"],
        ClusterDns = "10.96.0.99",
        ClusterDomain = "cluster.local",
        UpstreamServers = ["192.0.2.1", "192.0.2.2:5353"],
        PrometheusEndpoint = "127.0.0.1:9253",
    };

    [Theory]
    [InlineData("__PILLAR__DNS__DOMAIN__:53", "cluster.local:53")]
    [InlineData("bind __PILLAR__LOCAL__DNS__ __PILLAR__DNS__SERVER__", "bind 169.254.20.10 10.96.0.10 ")]
    [InlineData("forward . __PILLAR__CLUSTER__DNS__", "forward . 10.96.0.99")]
    [InlineData("forward . __PILLAR__UPSTREAM__SERVERS__", "forward . 192.0.2.1 192.0.2.2:5353")]
    [InlineData("prometheus __PROMETHEUS__ENDPOINT__", "prometheus 127.0.0.1:9253")]
    [InlineData("nothing here", "nothing here")]
    public void Each_variable_has_its_value(string text, string expected) =>
        Assert.Equal(expected, PillarText.Replace(text, s_values));

    [Fact]
    public void Without_upstream_nameservers_the_nodes_own_file_is_used() =>
        Assert.Equal("forward . /etc/resolv.conf", PillarText.Replace("forward . __PILLAR__UPSTREAM__SERVERS__", new()));

    [Fact]
    public void Forced_tcp_to_upstreams_ends_where_upstream_nameservers_are_given()
    {
        const string Text = ".:53 {\n    forward . __PILLAR__UPSTREAM__SERVERS__ {\n            force_tcp\n    }\n    loop\n}\n";
        Assert.Equal(".:53 {\n    forward . 192.0.2.1 192.0.2.2:5353\n\n\n    loop\n}\n",
            PillarText.Replace(Text, s_values));
        Assert.Contains("force_tcp", PillarText.Replace(Text, new()), StringComparison.Ordinal);
    }

    [Fact]
    public void Forced_tcp_in_another_indentation_stays_as_in_node_cache() => Assert.Contains("force_tcp",
        PillarText.Replace("  forward . __PILLAR__UPSTREAM__SERVERS__ {\n    force_tcp\n  }\n", s_values),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("__PILLAR__DNS__DOMAIN__ {\nwhoami\n}",
        "1: zone: __PILLAR__DNS__DOMAIN__: expected the cluster's domain in its place: give it with --cluster-domain")]
    [InlineData(". {\nforward . __PILLAR__CLUSTER__DNS__\n}", "2: forward: __PILLAR__CLUSTER__DNS__: expected the address "
        + "of cluster DNS in its place: give it with --cluster-dns (node-cache: -upstreamsvc)")]
    [InlineData(". {\nbind __PILLAR__LOCAL__DNS__\n}", "2: bind: __PILLAR__LOCAL__DNS__: expected the local addresses in "
        + "its place: give them with --local-address (node-cache: -localip)")]
    [InlineData(". {\nprometheus __PROMETHEUS__ENDPOINT__\n}", "2: prometheus: __PROMETHEUS__ENDPOINT__: expected an "
        + "address in its place: give it with --prometheus-endpoint (node-cache: -prometheus-listen-address)")]
    [InlineData(". {\nforward . __PILLAR__WRONG__\n}",
        "2: forward: __PILLAR__WRONG__: expected a variable of the official manifest: this one is not known")]
    public void A_variable_without_a_value_says_what_it_needs(string text, string expected) =>
        Assert.Equal(expected, Corefiles.Text(Corefiles.Load(text, new CorefileOptions()).Errors));
}
