using NodeDns.Cli.Tests.Cluster;

namespace NodeDns.Cli.Tests;

/// <summary>What <c>doctor</c> finds in pods whose lookups do not reach the cache, or which its answers do not suit.</summary>
public sealed class PodCheckTests : IDisposable
{
    private readonly ControlPlane _cluster;
    private readonly List<string> _namespaces = [];

    public PodCheckTests(ControlPlane cluster)
    {
        _cluster = cluster;
        _cluster.Require();
        _cluster.Apply(Manifests.Release);
    }

    public void Dispose()
    {
        foreach (var ns in _namespaces)
        {
            // Without a controller no namespace ends, and what it says of itself counts until then.
            _cluster.Do("delete", "pods,networkpolicies", "-n", ns, "--all", "--force", "--grace-period=0");
            _cluster.Do("label", "namespace", ns, "nodedns.io/inject-", "istio.io/dataplane-mode-");
        }
    }

    [Fact]
    public void A_namespace_in_an_ambient_mesh_is_found()
    {
        Namespace("ambient");
        _cluster.Do("label", "namespace", "ambient", "istio.io/dataplane-mode=ambient");
        Assert.Contains("warning: namespace ambient is in Istio's ambient mesh", Doctor("NDN801").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one", "spec: {egress: [{toFQDNs: [{matchName: example.com}]}]}")]
    [InlineData("several", "specs: [{egress: []}, {egress: [{toFQDNs: [{matchPattern: '*.example.com'}]}]}]")]
    public void A_policy_that_learns_names_from_lookups_is_found(string name, string spec)
    {
        Namespace("cilium");
        _cluster.Apply("""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: ciliumnetworkpolicies.cilium.io}
            spec:
              group: cilium.io
              scope: Namespaced
              names: {kind: CiliumNetworkPolicy, plural: ciliumnetworkpolicies, singular: ciliumnetworkpolicy}
              versions: [{name: v2, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
            """);
        ControlPlane.Until(() => _cluster.Kubectl("get", "ciliumnetworkpolicies", "-A").ExitCode == 0, "Cilium's kind is not served");
        _cluster.Apply($"{{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {{name: {name}, namespace: cilium}}, {spec}}}");
        try
        {
            Assert.Contains($"warning: ciliumnetworkpolicies.cilium.io cilium/{name} uses toFQDNs", Doctor("NDN802").Output, StringComparison.Ordinal);
        }
        finally
        {
            _cluster.Do("delete", "ciliumnetworkpolicy", "-n", "cilium", name);
        }
    }

    [Theory]
    [InlineData("fargate", "labels: {eks.amazonaws.com/fargate-profile: p}, ", "", "Fargate nodes run no node cache")]
    [InlineData("eni", "annotations: {vpc.amazonaws.com/pod-eni: '[]'}, ", "", "its network interface bypasses the node, where the cache listens")]
    [InlineData("virtual", "labels: {alibabacloud.com/eci: 'true'}, ", "", "virtual nodes run no node cache")]
    public void Pods_that_bypass_their_node_are_noted(string name, string metadata, string spec, string expected)
    {
        Namespace("bypass");
        _cluster.Apply(Manifests.Pod("bypass", name, $"StatefulSet/{name}", spec, metadata));
        var run = Doctor("NDN803");
        Assert.Contains($"note: 1 pods stay with cluster DNS: {expected}", run.Output, StringComparison.Ordinal);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(1, Plugin.Run(_cluster, "doctor", "--only", "NDN803", "--failure-threshold", "info").ExitCode);
    }

    [Theory]
    [InlineData("docker.io/library/alpine:3.22", 2, true)]
    [InlineData("node:24-alpine", 4, true)]
    [InlineData("node:24-alpine", 5, false)]
    [InlineData("debian:trixie", 2, false)]
    public void An_alpine_image_with_low_ndots_is_found(string image, int ndots, bool isFound)
    {
        Namespace("musl");
        _cluster.Apply(Manifests.Pod("musl", "app", "", $"dnsConfig: {{options: [{{name: ndots, value: '{ndots}'}}]}}, ").Replace("image: busybox", "image: " + image, StringComparison.Ordinal));
        Assert.Equal(isFound, Doctor("NDN804").Output.Contains("warning: namespace musl: 1 pods with an Alpine image have ndots below 5", StringComparison.Ordinal));
    }

    [Fact]
    public void A_policy_that_blocks_the_cache_is_found_with_its_patch()
    {
        Namespace("blocked");
        _cluster.Apply(Manifests.Pod("blocked", "app", "", Manifests.OnCache)
            + "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: closed, namespace: blocked}\nspec: {podSelector: {}, policyTypes: [Egress]}\n");
        Assert.Contains("warning: NetworkPolicy blocked/closed keeps 1 pods from the cache\n      remedy: kubectl nodedns report --policy blocked/closed -o yaml | kubectl patch",
            Doctor("NDN805").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Policies_of_egress_are_noted_while_the_kernel_answers_before_them()
    {
        Namespace("kernel");
        _cluster.Apply("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: out, namespace: kernel}\nspec: {podSelector: {}, policyTypes: [Egress]}\n");
        Assert.DoesNotContain("guard.kernelAnswers is on", Doctor("NDN806").Output, StringComparison.Ordinal);
        _cluster.Do("patch", "daemonset", "-n", "node-dns", "node-dns-cache", "--type", "json", "-p",
            "[{\"op\": \"add\", \"path\": \"/spec/template/spec/containers/0/args/-\", \"value\": \"--kernel-answers=auto\"}]");
        Assert.Contains("restrict egress, the first of them ", Doctor("NDN806").Output, StringComparison.Ordinal);
        Assert.Contains("guard.kernelAnswers is on: hot names are answered before a policy is looked at", Doctor("NDN806").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_webhook_that_is_not_called_is_found()
    {
        Namespace("a-first-one");
        var run = Doctor("NDN602");
        Assert.Contains("error: a pod made in namespace a-first-one now would not be moved: the webhook does not answer for it", run.Output, StringComparison.Ordinal);
        Assert.Equal(1, run.ExitCode);
    }

    private Tool Doctor(string code) => Plugin.Run(_cluster, "doctor", "--only", code);

    private void Namespace(string name)
    {
        _namespaces.Add(name);
        _cluster.Apply(Manifests.Namespace(name));
    }
}
