using NodeDns.Cli.Tests.Cluster;

namespace NodeDns.Cli.Tests;

/// <summary>What <c>doctor</c> and <c>status</c> read from the guard and the cache of a node, through a real API server and a
/// kubelet's port-forward.</summary>
public sealed class NodeCheckTests : IDisposable
{
    private readonly ControlPlane _cluster;
    private readonly StandInKubelet _kubelet;

    public NodeCheckTests(ControlPlane cluster)
    {
        _cluster = cluster;
        _cluster.Require();
        _cluster.Apply(Manifests.Release);
        _kubelet = new StandInKubelet(_cluster, "checked-node");
    }

    public void Dispose() => _kubelet.Dispose();

    [Fact]
    public void A_node_in_order_has_no_finding()
    {
        Node("OK\n", "nodedns_guard_errors_total{reason=\"socket\"} 0\n");
        var run = Plugin.Run(_cluster, "doctor", "--only", "nodes");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    [Fact]
    public void What_a_guard_says_is_wrong_is_found()
    {
        Node("cache: no answer to the probe for 3 s\n", "nodedns_guard_errors_total{reason=\"conntrack\"} 2\nnodedns_guard_errors_total{reason=\"leftovers\"} 1\n");
        var run = Plugin.Run(_cluster, "doctor", "--only", "nodes");
        Assert.Contains("error: node checked-node: its guard says: cache: no answer to the probe for 3 s", run.Output, StringComparison.Ordinal);
        Assert.Contains("warning: node checked-node: its guard has met 2 errors of the kind conntrack", run.Output, StringComparison.Ordinal);
        Assert.Contains("note: node checked-node: its guard has met 1 errors of the kind leftovers", run.Output, StringComparison.Ordinal);
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public void A_node_without_a_cache_is_found()
    {
        var run = Plugin.Run(_cluster, "doctor", "--only", "NDN701");
        Assert.Contains("error: node checked-node: there is no cache pod on it", run.Output, StringComparison.Ordinal);
        Assert.Contains("node checked-node: its cache does not serve: there is no cache pod on it", Plugin.Run(_cluster, "report", "-A").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_cannot_be_reached_is_unknown_and_not_well()
    {
        _kubelet.Pod("cache", "unreachable");
        var run = Plugin.Run(_cluster, "doctor", "--only", "NDN702");
        Assert.Contains("unknown: node checked-node: pod node-dns/unreachable: ", run.Output, StringComparison.Ordinal);
        Assert.Equal(2, run.ExitCode);
    }

    [Fact]
    public void A_cache_of_another_version_is_found()
    {
        Node("OK\n", "", "coredns_build_info{version=\"0.0.7\"} 1\n");
        Assert.Contains("warning: the cache of node checked-node: version 0.0.7; the others: ", Plugin.Run(_cluster, "doctor", "--only", "NDN902").Output, StringComparison.Ordinal);
    }

    /// <summary>As helm test does it, with its rights (tests/release-pod.yaml of the chart).</summary>
    [Fact]
    public void Who_may_read_the_release_alone_can_examine_it()
    {
        _cluster.Apply("""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: examiner, namespace: node-dns}
            rules:
            - {apiGroups: [""], resources: [pods, configmaps, events], verbs: [list]}
            - {apiGroups: [""], resources: [namespaces], resourceNames: [node-dns], verbs: [get]}
            - {apiGroups: [apps], resources: [deployments, daemonsets], verbs: [list]}
            - {apiGroups: [""], resources: [pods/portforward], verbs: [get, create]}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: examiner, namespace: node-dns}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: examiner}
            subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: limited}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: examiner}
            rules:
            - {apiGroups: [""], resources: [nodes], verbs: [list]}
            - {apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], verbs: [list]}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: examiner}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: examiner}
            subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: limited}]
            """);
        try
        {
            Node("OK\n", "nodedns_guard_errors_total{reason=\"socket\"} 0\n");
            var path = Path.Combine(_cluster.Folder, "examiner");
            File.WriteAllText(path, _cluster.KubeconfigFor("limited"));
            // A role counts a moment after it is written.
            ControlPlane.Until(() => _cluster.Kubectl("auth", "can-i", "list", "nodes", "--as=limited").ExitCode == 0, "the role does not count");
            var run = Plugin.RunAs(path, "doctor", "-n", "node-dns", "--only", "nodes");
            Assert.Equal((0, ""), (run.ExitCode, run.Error));
            run = Plugin.RunAs(path, "doctor", "-n", "node-dns", "--only", "NDN601,NDN603,NDN604,NDN605,NDN701,NDN901", "--failure-threshold", "error");
            Assert.Contains("6 checks: 2 errors, 0 warnings, 0 notes, 0 unknown", run.Output, StringComparison.Ordinal);
            Assert.Contains("error: 0 of 1 replicas of the webhook are ready", run.Output, StringComparison.Ordinal);
            Assert.Equal((1, ""), (run.ExitCode, run.Error));
            Assert.Contains("the node cache is not installed", Plugin.Run(_cluster, "doctor", "-n", "default", "--only", "nodes").Output, StringComparison.Ordinal);
        }
        finally
        {
            _cluster.Do("delete", "rolebinding,role", "-n", "node-dns", "examiner");
            _cluster.Do("delete", "clusterrolebinding,clusterrole", "examiner");
        }
    }

    [Fact]
    public void Status_adds_the_nodes_up()
    {
        Node("OK\n", "nodedns_guard_relayed_queries_total{proto=\"udp\"} 12\nnodedns_guard_relaying 0\n",
            """
            coredns_cache_requests_total{server="dns://169.254.20.10:53"} 4000
            coredns_cache_hits_total{type="success"} 2500
            coredns_cache_hits_total{type="denial"} 500
            coredns_dns_responses_total{rcode="SERVFAIL"} 8

            """);
        var run = Plugin.Run(_cluster, "status");
        Assert.Contains("nodes serving            1 of 1\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("queries                  4,000\nanswered from memory     75 %\nrelayed to cluster DNS   12; 0 nodes relay now\nfailures                 8 (0.2 %)\n",
            run.Output, StringComparison.Ordinal);
    }

    private void Node(string ready, string guard, string cache = "")
    {
        _kubelet.Pod("cache", "checked-cache");
        _kubelet.Serve("checked-cache", 9255, ("/readyz", ready));
        _kubelet.Serve("checked-cache", 9254, ("/metrics", guard));
        _kubelet.Serve("checked-cache", 9253, ("/metrics", cache));
    }
}
