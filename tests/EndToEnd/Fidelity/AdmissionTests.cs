using System.Text.Json.Nodes;
using NodeDns.EndToEnd.Cluster;

namespace NodeDns.EndToEnd.Fidelity;

/// <summary>Pods that need no kubelet, or have none here: what the API server makes of them.</summary>
[Collection(Order.Installed)]
public sealed class AdmissionTests
{
    private const string Ns = Installation.Labelled;

    [Fact]
    public void Nothing_but_dns_differs_from_the_pod_without_the_webhook()
    {
        var changed = Kubectl.DryRun(Rich().ToJsonString(), Ns).Object;
        var plain = Kubectl.DryRun(Rich().Labelled("nodedns.io/inject", "disabled").ToJsonString(), Ns).Object;
        Assert.Equal("None", (string?)changed["spec"]!["dnsPolicy"]);
        foreach (var pod in new[] { changed, plain })
        {
            pod["spec"]!.AsObject().Remove("dnsPolicy");
            pod["spec"]!.AsObject().Remove("dnsConfig");
            var metadata = pod["metadata"]!.AsObject();
            foreach (var name in new[] { "uid", "creationTimestamp", "managedFields", "labels" })
            {
                metadata.Remove(name);
            }

            metadata["annotations"]?.AsObject().Remove("nodedns.io/status");
        }

        Assert.Equal(plain.ToJsonString(), changed.ToJsonString());
    }

    public static TheoryData<string, string> NeverChanged => new()
    {
        { "windows", """{"spec":{"os":{"name":"windows"}}}""" },
        { "windows-selector", """{"spec":{"nodeSelector":{"kubernetes.io/os":"windows"}}}""" },
        { "fargate", """{"spec":{"schedulerName":"fargate-scheduler"}}""" },
        { "virtual-node", """{"spec":{"nodeSelector":{"type":"virtual-kubelet"}}}""" },
        { "opted-out", """{"metadata":{"labels":{"nodedns.io/inject":"disabled"}}}""" },
        { "opted-out-compatible", """{"metadata":{"labels":{"node-local-dns-injection":"disabled"}}}""" },
    };

    [Theory]
    [MemberData(nameof(NeverChanged))]
    public void A_pod_that_the_cache_cannot_serve_is_left_alone(string name, string more)
    {
        var pod = Pods.Sleeping(Ns, name);
        Merge(pod, JsonNode.Parse(more)!.AsObject());
        Assert.Equal("ClusterFirst", (string?)Kubectl.DryRun(pod.ToJsonString(), Ns).Object["spec"]!["dnsPolicy"]);
    }

    [Fact]
    public void A_pod_label_opts_in_without_the_namespace()
    {
        var pod = Pods.Sleeping(Installation.Unlabelled, "in").Labelled("nodedns.io/inject", "enabled");
        Assert.Equal("None", (string?)Kubectl.DryRun(pod.ToJsonString(), Installation.Unlabelled).Object["spec"]!["dnsPolicy"]);
    }

    [Fact]
    public void The_label_of_other_injectors_opts_a_namespace_in()
    {
        Kubectl.Namespace("compatible", "node-local-dns-injection=enabled");
        var pod = Pods.Sleeping("compatible", "in");
        Assert.Equal("None", (string?)Kubectl.DryRun(pod.ToJsonString(), "compatible").Object["spec"]!["dnsPolicy"]);
    }

    [Fact]
    public void A_generated_name_and_a_name_given_only_by_the_request_work()
    {
        var pod = Pods.Sleeping(Ns, "x");
        var metadata = pod["metadata"]!.AsObject();
        metadata.Remove("name");
        metadata.Remove("namespace");
        metadata["generateName"] = "made-";
        var made = Kubectl.DryRun(pod.ToJsonString(), Ns).Object;
        Assert.Equal($"{Ns}.svc.cluster.local", (string?)made["spec"]!["dnsConfig"]!["searches"]![0]);
    }

    [Fact]
    public void A_warning_tells_of_every_nameserver_that_was_cut()
    {
        var pod = Pods.Sleeping(Ns, "cut");
        pod["spec"]!["dnsConfig"] = JsonNode.Parse("""{"nameservers":["192.0.2.1","192.0.2.2"]}""");
        Assert.Contains("192.0.2.2", Kubectl.DryRun(pod.ToJsonString(), Ns).Warnings, StringComparison.Ordinal);
    }

    [Fact]
    public void Updates_of_changed_and_unchanged_pods_go_through()
    {
        Pods.Start(Pods.Sleeping(Ns, "updated"));
        Pods.Start(Pods.Sleeping(Ns, "updated-plain").Labelled("nodedns.io/inject", "disabled"));
        foreach (var pod in new[] { "updated", "updated-plain" })
        {
            Kubectl.Run("label", "pod", "-n", Ns, pod, "touched=yes");
            Kubectl.Run("annotate", "pod", "-n", Ns, pod, "touched=yes");
        }

        Kubectl.Run("label", "pod", "-n", Ns, "updated-plain", "nodedns.io/inject-");
    }

    [Theory]
    [InlineData("Job", "batch/v1", """{"template":{}}""")]
    [InlineData("StatefulSet", "apps/v1", """{"selector":{"matchLabels":{"app":"x"}},"serviceName":"x","template":{}}""")]
    [InlineData("DaemonSet", "apps/v1", """{"selector":{"matchLabels":{"app":"x"}},"template":{}}""")]
    [InlineData("ReplicaSet", "apps/v1", """{"selector":{"matchLabels":{"app":"x"}},"template":{}}""")]
    public void Pods_of_every_controller_are_changed(string kind, string version, string spec)
    {
        var app = "of-" + kind.ToLowerInvariant();
        var workload = new JsonObject
        {
            ["apiVersion"] = version,
            ["kind"] = kind,
            ["metadata"] = new JsonObject { ["name"] = app, ["namespace"] = Ns },
            ["spec"] = JsonNode.Parse(spec.Replace("\"x\"", $"\"{app}\"", StringComparison.Ordinal)),
        };
        var template = Pods.Sleeping(Ns, app)["spec"]!.DeepClone().AsObject();
        if (kind == "Job")
        {
            template["restartPolicy"] = "Never";
        }

        workload["spec"]!["template"] = new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = app } },
            ["spec"] = template,
        };
        Kubectl.Apply(workload.ToJsonString());
        Kubectl.Run("wait", "-n", Ns, "--for=create", "pod", "-l", "app=" + app, "--timeout=180s");
        var pod = Kubectl.Json("get", "pods", "-n", Ns, "-l", "app=" + app)["items"]![0]!;
        Kubectl.Run("delete", kind, "-n", Ns, app, "--wait=false");
        Assert.Equal(Installation.LocalAddress, (string?)pod["spec"]!["dnsConfig"]?["nameservers"]?[0]);
    }

    /// <summary>A pod with many fields that the webhook does not know.</summary>
    private static JsonObject Rich()
    {
        var pod = Pods.Sleeping(Ns, "rich").Annotated("example.com/with_underscore", "a/b");
        Merge(pod, JsonNode.Parse("""
            {"spec":{
              "affinity":{"podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"podAffinityTerm":{"topologyKey":"a/b","labelSelector":{"matchLabels":{"a":"b"}}}}]}},
              "volumes":[{"name":"token","projected":{"sources":[{"serviceAccountToken":{"path":"t","expirationSeconds":3607}}]}},{"name":"e","emptyDir":{"sizeLimit":"1.5Gi"}}],
              "securityContext":{"runAsUser":1000,"fsGroupChangePolicy":"OnRootMismatch","sysctls":[]},
              "tolerations":[{"key":"k","operator":"Exists","tolerationSeconds":10,"effect":"NoExecute"}],
              "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"z","whenUnsatisfiable":"ScheduleAnyway","nodeTaintsPolicy":"Honor"}],
              "readinessGates":[{"conditionType":"example.com/ready"}],
              "hostAliases":[{"ip":"192.0.2.3","hostnames":["alias.example"]}],
              "initContainers":[{"name":"side","image":"none:1","restartPolicy":"Always","resources":{"requests":{"cpu":0.5,"memory":"1024Ki"}}}]
            }}
            """)!.AsObject());
        var container = pod["spec"]!["containers"]![0]!;
        container["readinessProbe"] = JsonNode.Parse("""{"httpGet":{"port":8080,"httpHeaders":[{"name":"X","value":"é"}]}}""");
        container["env"] = JsonNode.Parse("""[{"name":"A","value":"</script>\u2028 & 'q'"},{"name":"B","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]""");
        return pod;
    }

    private static void Merge(JsonObject into, JsonObject more)
    {
        foreach (var (key, value) in more.ToList())
        {
            if (into[key] is JsonObject deeper && value is JsonObject below)
            {
                Merge(deeper, below);
            }
            else
            {
                into[key] = value!.DeepClone();
            }
        }
    }
}
