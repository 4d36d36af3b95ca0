using NodeDns.Cli.Tests.Cluster;

namespace NodeDns.Cli.Tests;

/// <summary>What <c>doctor</c> finds in the cluster around the node cache.</summary>
public sealed class ClusterCheckTests : IDisposable
{
    private readonly ControlPlane _cluster;
    private readonly List<string> _manifests = [];

    public ClusterCheckTests(ControlPlane cluster)
    {
        _cluster = cluster;
        _cluster.Require();
        _cluster.Apply(Manifests.Release);
        _cluster.Apply(Manifests.Namespace("kube-system", labelled: false));
    }

    public void Dispose()
    {
        foreach (var manifest in _manifests)
        {
            _cluster.KubectlWith(manifest, "delete", "--ignore-not-found", "--wait=false", "-f", "-");
        }
    }

    [Fact]
    public void An_old_api_server_is_found()
    {
        using var old = new PageServer([("/version", """{"major": "1", "minor": "25+", "gitVersion": "v1.25.16-gke.1"}""")]);
        var path = Path.Combine(_cluster.Folder, "old");
        File.WriteAllText(path, _cluster.KubeconfigFor("admin").Replace($"https://127.0.0.1:{_cluster.Port}", $"http://localhost:{old.Port}", StringComparison.Ordinal));
        var run = Plugin.RunAs(path, "doctor", "--only", "NDN101");
        Assert.Contains("error: the API server is v1.25.16-gke.1\n      remedy: upgrade it to 1.26", run.Output, StringComparison.Ordinal);
        Assert.Equal(1, run.ExitCode);
    }

    [Theory]
    [InlineData("kube-proxy", "config.conf: \"kind: KubeProxyConfiguration\\nmode: ipvs\\n\"", "error: kube-proxy's mode is ipvs, and guard.interceptClusterDNS is set")]
    [InlineData("cilium-config", "kube-proxy-replacement: 'true'", "error: Cilium replaces kube-proxy, and guard.interceptClusterDNS is set")]
    public void What_forwards_services_before_the_node_sees_them_is_found(string map, string data, string expected)
    {
        Apply($"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {map}, namespace: kube-system}}, data: {{{data}}}}}");
        Assert.Equal(0, Plugin.Run(_cluster, "doctor", "--only", "kube-proxy").ExitCode);
        _cluster.Apply(Manifests.Release.Replace("--address=169.254.20.10", "--address=169.254.20.10, --intercept-cluster-dns=10.96.0.10", StringComparison.Ordinal));
        Assert.Contains(expected, Plugin.Run(_cluster, "doctor", "--only", "kube-proxy").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Cluster_dns_that_is_not_there_is_found()
    {
        _cluster.Do("delete", "service", "-n", "kube-system", "kube-dns", "--ignore-not-found");
        Assert.Contains("error: no Service in kube-system serves port 53 at a ClusterIP", Plugin.Run(_cluster, "doctor", "--only", "NDN301").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("coredns", "")]
    [InlineData("rke2-coredns-rke2-coredns", "")]
    [InlineData("dns-of-ours", "k8s-app: kube-dns")]
    public void Cluster_dns_is_known_by_the_names_that_installers_give_it(string name, string labels)
    {
        _cluster.Do("delete", "service", "-n", "kube-system", "kube-dns", "--ignore-not-found");
        Apply(Service(name, "kube-system", "10.96.0.10", labels));
        Assert.Equal(0, Plugin.Run(_cluster, "doctor", "--only", "NDN301").ExitCode);
    }

    [Fact]
    public void Pods_that_are_given_another_cluster_dns_are_found()
    {
        Apply(Service("coredns", "kube-system", "10.96.0.12", ""));
        _cluster.Do("delete", "service", "-n", "kube-system", "kube-dns", "--ignore-not-found");
        Assert.Contains("warning: pods are given 10.96.0.10 as cluster DNS, and no Service of kube-system has it (they have 10.96.0.12)",
            Plugin.Run(_cluster, "doctor", "--only", "NDN301").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("registry.k8s.io/dns/k8s-dns-node-cache:1.26.4")]
    [InlineData("registry-cn-hangzhou-vpc.ack.aliyuncs.com/acs/node-local-dns:v1.5.0")]
    [InlineData("quay.io/team/nodelocaldns:2")]
    public void Another_node_cache_is_found(string image)
    {
        Apply(Manifests.Workload("DaemonSet", "kube-system", "other-cache").Replace("image: busybox", "image: " + image, StringComparison.Ordinal));
        Assert.Contains($"warning: DaemonSet kube-system/other-cache is another node cache ({image})", Plugin.Run(_cluster, "doctor", "--only", "NDN401").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ack-node-local-dns-admission-controller")]
    [InlineData("my-DNS-injector")]
    public void Another_injector_is_found(string name)
    {
        Apply(Configuration(name.ToLowerInvariant(), "{}"));
        Assert.Contains($"warning: MutatingWebhookConfiguration {name.ToLowerInvariant()} looks like another injector", Plugin.Run(_cluster, "doctor", "--only", "NDN402").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cache_of_the_cloud_is_found()
    {
        Apply("{apiVersion: v1, kind: Node, metadata: {name: aks-node, labels: {kubernetes.azure.com/localdns-state: enabled}}}");
        Assert.Contains("warning: AKS LocalDNS is on, on 1 nodes", Plugin.Run(_cluster, "doctor", "--only", "NDN403").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_without_its_webhook_is_found()
    {
        Apply(Configuration("left-over", "{app.kubernetes.io/name: node-dns-webhook}"));
        Assert.Equal(0, Plugin.Run(_cluster, "doctor", "--only", "NDN404").ExitCode);
        _cluster.Do("delete", "deployment", "-n", "node-dns", "node-dns-webhook");
        Assert.Contains("warning: MutatingWebhookConfiguration left-over is there, and its webhook is not", Plugin.Run(_cluster, "doctor", "--only", "NDN404").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_of_a_node_or_a_service_is_found()
    {
        Apply(Service("collides", "default", "10.96.7.7", ""));
        Apply("{apiVersion: v1, kind: Node, metadata: {name: collides-too}}");
        _cluster.Do("patch", "node", "collides-too", "--subresource=status", "--type=merge", "-p", """{"status": {"addresses": [{"type": "InternalIP", "address": "10.96.7.7"}]}}""");
        _cluster.Apply(Manifests.Release.Replace("--local-address=169.254.20.10", "--local-address=10.96.7.7", StringComparison.Ordinal));
        var run = Plugin.Run(_cluster, "doctor", "--only", "NDN501");
        Assert.Equal("", run.Error);
        Assert.Contains("error: the local address 10.96.7.7 is the ClusterIP of Service default/collides", run.Output, StringComparison.Ordinal);
        Assert.Contains("error: the local address 10.96.7.7 is an address of node collides-too", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_namespace_that_would_refuse_the_release_is_found_before_the_install()
    {
        _cluster.Do("delete", "deployment,daemonset", "-n", "node-dns", "--all");
        _cluster.Do("label", "namespace", "node-dns", "pod-security.kubernetes.io/enforce=restricted");
        Apply("{apiVersion: v1, kind: ResourceQuota, metadata: {name: few, namespace: node-dns}, spec: {hard: {pods: '1'}}}");
        try
        {
            var run = Plugin.Run(_cluster, "doctor", "--pre", "--only", "release");
            Assert.Contains("error: namespace node-dns enforces Pod Security restricted", run.Output, StringComparison.Ordinal);
            Assert.Contains("error: ResourceQuota node-dns/few allows 1 pods", run.Output, StringComparison.Ordinal);
        }
        finally
        {
            _cluster.Do("label", "namespace", "node-dns", "pod-security.kubernetes.io/enforce-");
        }
    }

    [Fact]
    public void Pods_of_the_release_that_are_refused_are_found()
    {
        _cluster.Do("patch", "daemonset", "-n", "node-dns", "node-dns-cache", "--subresource=status", "--type=merge", "-p",
            """{"status": {"desiredNumberScheduled": 3, "currentNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0}}""");
        Apply("""
            apiVersion: v1
            kind: Event
            metadata: {name: refused, namespace: node-dns}
            reason: FailedCreate
            type: Warning
            message: 'Error creating: pods "node-dns-cache-x" is forbidden: exceeded quota: few'
            involvedObject: {kind: DaemonSet, namespace: node-dns, name: node-dns-cache}
            """);
        Assert.Contains("error: DaemonSet node-dns/node-dns-cache has 0 of 3 pods: Error creating: pods \"node-dns-cache-x\" is forbidden: exceeded quota: few",
            Plugin.Run(_cluster, "doctor", "--only", "NDN901").Output, StringComparison.Ordinal);
    }

    private void Apply(string manifest)
    {
        _manifests.Add(manifest);
        _cluster.Apply(manifest);
    }

    private static string Service(string name, string ns, string ip, string labels) =>
        $"{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: {ns}, labels: {{{labels}}}}}, spec: {{clusterIP: {ip}, ports: [{{name: dns, port: 53, protocol: UDP}}]}}}}";

    private static string Configuration(string name, string labels) =>
        $"{{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration, metadata: {{name: {name}, labels: {labels}}}, webhooks: []}}";
}
