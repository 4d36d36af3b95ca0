using System.Text.Json.Nodes;
using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Scenarios;

/// <summary>What an operator sees after <c>helm install</c>.</summary>
[Collection(Order.Installed)]
public sealed class InjectionTests(Installation installation)
{
    [Fact]
    public void The_busybox_pod_of_a_labelled_namespace_asks_the_nodes_cache_first()
    {
        const string ns = Installation.Labelled;
        Pods.Start(Pods.Sleeping(ns, "busybox"));
        var conf = Pods.ResolvConfOf(ns, "busybox");
        Assert.Equal([Installation.LocalAddress, installation.ClusterDns], conf.Nameservers);
        Assert.Equal([$"{ns}.svc.cluster.local", "svc.cluster.local", "cluster.local"], conf.Searches);
        Assert.Equal(["ndots:5"], conf.Options);
    }

    [Fact]
    public void Its_lookup_of_kubernetes_default_is_answered_by_the_cache()
    {
        const string ns = Installation.Labelled;
        Pods.Start(Pods.Sleeping(ns, "asks"));
        var before = Installation.CacheMetric("coredns_dns_requests_total", "zone=\"cluster.local.\"");
        var said = Kubectl.Exec(ns, "asks", "nslookup", "kubernetes.default.svc.cluster.local");
        Assert.Contains(Installation.LocalAddress, said, StringComparison.Ordinal);
        Assert.Contains("10.96.0.1", said, StringComparison.Ordinal);
        Assert.True(Installation.CacheMetric("coredns_dns_requests_total", "zone=\"cluster.local.\"") > before);
        // libc's way, along the search list: musl and glibc programs do what ping does here.
        Assert.Contains("10.96.0.1", Kubectl.Try("exec", "-n", ns, "asks", "--", "ping", "-c", "1", "-W", "1", "kubernetes.default").Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_lookup_of_a_name_is_a_hit()
    {
        const string ns = Installation.Labelled;
        Pods.Start(Pods.Sleeping(ns, "repeats"));
        Kubectl.Exec(ns, "repeats", "nslookup", "kube-dns.kube-system.svc.cluster.local");
        var before = Installation.CacheMetric("coredns_cache_hits_total");
        Kubectl.Exec(ns, "repeats", "nslookup", "kube-dns.kube-system.svc.cluster.local");
        Assert.True(Installation.CacheMetric("coredns_cache_hits_total") > before);
    }

    [Fact]
    public void A_name_outside_the_cluster_is_asked_of_the_nodes_servers()
    {
        const string ns = Installation.Labelled;
        Pods.Start(Pods.Sleeping(ns, "outside"));
        Assert.Contains("192.0.2.7", Kubectl.Exec(ns, "outside", "nslookup", "www.outside.test"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pod_of_an_unlabelled_namespace_is_what_was_submitted()
    {
        var now = Kubectl.DryRun(Pods.Sleeping(Installation.Unlabelled, "same").ToJsonString(), Installation.Unlabelled).Object;
        Assert.Equal(WithoutVolatile(installation.BeforeInstall), WithoutVolatile(now));
    }

    [Fact]
    public void A_deployment_from_before_the_install_moves_over_on_rollout_restart()
    {
        const string ns = Installation.Before;
        Assert.All(NamesOf(ns, "old"), pod => Assert.Equal([installation.ClusterDns], Pods.ResolvConfOf(ns, pod).Nameservers));
        Kubectl.Run("rollout", "restart", "-n", ns, "deployment/old");
        Kubectl.Run("rollout", "status", "-n", ns, "deployment/old", "--timeout=90s");
        Kubectl.Run("wait", "-n", ns, "--for=jsonpath={.status.replicas}=2", "deployment/old", "--timeout=60s");
        Assert.All(NamesOf(ns, "old"), pod => Assert.Equal(Installation.LocalAddress, Pods.ResolvConfOf(ns, pod).Nameservers[0]));
    }

    [Fact]
    public void Annotations_of_the_pod_show_up_in_it()
    {
        const string ns = Installation.Labelled;
        Pods.Start(Pods.Sleeping(ns, "annotated").Annotated("nodedns.io/ndots", "2").Annotated("nodedns.io/use-vc", "true"));
        Assert.Equal(["ndots:2", "use-vc"], Pods.ResolvConfOf(ns, "annotated").Options);
        Assert.Contains("10.96.0.1", Kubectl.Exec(ns, "annotated", "nslookup", "kubernetes.default.svc.cluster.local"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_annotation_is_a_warning_of_kubectl_and_the_pod_works()
    {
        const string ns = Installation.Labelled;
        var warnings = Pods.Start(Pods.Sleeping(ns, "bad").Annotated("nodedns.io/ndots", "many"));
        Assert.Contains("nodedns.io/ndots", warnings, StringComparison.Ordinal);
        Assert.Contains("many", warnings, StringComparison.Ordinal);
        var conf = Pods.ResolvConfOf(ns, "bad");
        Assert.Equal(["ndots:5"], conf.Options);
        Assert.Equal(Installation.LocalAddress, conf.Nameservers[0]);
    }

    [Fact]
    public void The_status_annotation_tells_what_was_decided()
    {
        var pod = Kubectl.DryRun(Pods.Sleeping(Installation.Labelled, "status").ToJsonString(), Installation.Labelled).Object;
        Assert.Contains(Installation.LocalAddress, (string?)pod["metadata"]!["annotations"]!["nodedns.io/status"], StringComparison.Ordinal);
    }

    /// <summary>What a later mutation may do to an injected pod: give it the scheduler of Fargate, where no cache is, or the label that
    /// opts it out.</summary>
    public static TheoryData<string, string> LaterMutations => new()
    {
        { "fargate", """op: "add", path: "/spec/schedulerName", value: "fargate-scheduler" """ },
        { "opt-out", """op: "add", path: "/metadata/labels/nodedns.io~1inject", value: "disabled" """ },
        { "opt-out-by-alias", """op: "add", path: "/metadata/labels/node-local-dns-injection", value: "disabled" """ },
    };

    /// <summary>A policy plays the later mutation: of its two calls the second comes after the webhook, whose work it makes wrong. The API
    /// server then asks the webhook again.</summary>
    [Theory]
    [MemberData(nameof(LaterMutations))]
    public void A_change_that_a_later_mutation_makes_wrong_is_taken_back(string name, string mutation)
    {
        const string ns = Installation.Labelled;
        Assert.SkipUnless(Installation.HasPolicies, "this API server has no MutatingAdmissionPolicy, which plays the later webhook");
        var label = "later-mutation-" + name;
        Kubectl.Apply(LaterMutation.Replace("NAME", label, StringComparison.Ordinal).Replace("MUTATION", mutation, StringComparison.Ordinal));
        try
        {
            var pod = Pods.Sleeping(ns, "undone").Labelled(label, "wanted");
            pod["spec"]!["dnsConfig"] = new JsonObject { ["searches"] = new JsonArray("own.example") };

            // A policy is in force once every part of the API server has read it.
            JsonNode now;
            var waited = System.Diagnostics.Stopwatch.StartNew();
            do
            {
                now = Kubectl.DryRun(pod.ToJsonString(), ns).Object;
            }
            while ((string?)now["metadata"]!["annotations"]?["mutated"] is null && waited.Elapsed < TimeSpan.FromSeconds(60));

            Assert.Equal("later", (string?)now["metadata"]!["annotations"]!["mutated"]);
            Assert.Equal("ClusterFirst", (string?)now["spec"]!["dnsPolicy"]);
            Assert.Equal("""{"searches":["own.example"]}""", now["spec"]!["dnsConfig"]!.ToJsonString());
            Assert.Null(now["metadata"]!["annotations"]!["nodedns.io/status"]);
        }
        finally
        {
            Kubectl.Run("delete", "mutatingadmissionpolicy,mutatingadmissionpolicybinding", label);
        }
    }

    [Fact]
    public void Helm_test_passes() => Kubectl.Helm("test", Installation.Release, "--namespace", Installation.Namespace, "--timeout=90s");

    private const string LaterMutation = """
        apiVersion: admissionregistration.k8s.io/v1
        kind: MutatingAdmissionPolicy
        metadata: {name: NAME}
        spec:
          reinvocationPolicy: IfNeeded
          failurePolicy: Fail
          matchConstraints:
            objectSelector: {matchLabels: {NAME: wanted}}
            resourceRules:
              - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
          mutations:
            - patchType: JSONPatch
              jsonPatch:
                expression: >-
                  object.spec.dnsPolicy == "None" ? [JSONPatch{MUTATION},
                  JSONPatch{op: "add", path: "/metadata/annotations/mutated", value: "later"}] : []
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: MutatingAdmissionPolicyBinding
        metadata: {name: NAME}
        spec: {policyName: NAME}
        """;

    internal static string[] NamesOf(string ns, string app) => [.. Kubectl.Json("get", "pods", "-n", ns, "-l", "app=" + app)["items"]!
        .AsArray().Where(p => p!["metadata"]!["deletionTimestamp"] is null).Select(p => (string)p!["metadata"]!["name"]!)];

    private static string WithoutVolatile(JsonNode pod)
    {
        var copy = pod.DeepClone();
        foreach (var name in new[] { "uid", "creationTimestamp", "resourceVersion", "managedFields" })
        {
            copy["metadata"]!.AsObject().Remove(name);
        }

        return copy.ToJsonString();
    }
}
