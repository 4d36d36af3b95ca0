using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

/// <summary>Jobs at times of the release.</summary>
public sealed class HookTests
{
    private static string Event(JsonNode o) => (string?)o["metadata"]!["annotations"]?["helm.sh/hook"] ?? "";

    [Fact]
    public void Every_hook_is_gone_when_it_has_succeeded_and_may_no_more_than_it_does()
    {
        var hooks = Rendered.With("--set", "dns.clusterDNS=null,dns.clusterDNSService.name=kube-dns").Objects
            .Where(o => Event(o).Length > 0 && Event(o) != "test").ToList();
        Assert.Equal(3, hooks.Count(o => o.Text("kind") == "Job"));
        Assert.All(hooks, o => Assert.Equal("before-hook-creation,hook-succeeded",
            (string?)o["metadata"]!["annotations"]!["helm.sh/hook-delete-policy"]));
        Assert.All(hooks.Where(o => o.Text("kind") is "Role" or "ClusterRole").SelectMany(o => o["rules"]!.AsArray()), rule =>
        {
            Assert.DoesNotContain("*", rule!.ToJsonString(), StringComparison.Ordinal);
            Assert.True(rule!["resourceNames"] is not null || rule.Strings("verbs") is ["create"] or ["list"], rule.ToJsonString());
        });
        Assert.All(hooks.Where(o => o.Text("kind") == "Job"), job =>
        {
            var account = job.Text("spec.template.spec.serviceAccountName");
            Assert.Contains(hooks, o => o.Text("kind") == "ServiceAccount" && o.Text("metadata.name") == account && Event(o) == Event(job));
            Assert.True(int.Parse((string)hooks.First(o => o.Text("kind") == "ServiceAccount" && o.Text("metadata.name") == account)
                ["metadata"]!["annotations"]!["helm.sh/hook-weight"]!) < 0);
            Assert.Equal("128Mi", job.Text("spec.template.spec.containers.0.resources.limits.memory"));
        });
    }

    [Fact]
    public void An_uninstall_is_checked_unless_it_is_forced()
    {
        static IEnumerable<JsonObject> Checks(params string[] arguments) =>
            Rendered.With(arguments).Objects.Where(o => Event(o) == "pre-delete" && o.Text("kind") == "Job");
        var job = Assert.Single(Checks("--set", "dns.localAddresses={169.254.20.10,fd00:20::10}"));
        Assert.Equal(["undo", "--check", "-A", "--local-address", "169.254.20.10,fd00:20::10", "--resolv-conf", "/etc/resolv.conf"],
            job.Strings("spec.template.spec.containers.0.args"));
        Assert.Equal("ClusterFirst", job.Text("spec.template.spec.dnsPolicy"));
        Assert.Empty(Checks("--set", "uninstall.force=true"));
        Assert.Empty(Checks("--set", "cache.enabled=false"));
    }

    [Fact]
    public void What_others_made_for_the_release_is_deleted_after_it()
    {
        var job = Assert.Single(Rendered.With().Objects, o => Event(o) == "post-delete" && o.Text("kind") == "Job");
        var paths = job.Strings("spec.template.spec.containers.0.args");
        Assert.Contains("/api/v1/namespaces/node-dns/secrets/nd-webhook-tls", paths);
        Assert.Contains("/api/v1/namespaces/node-dns/secrets/nd-webhook-ca", paths);
        Assert.DoesNotContain(Rendered.With("--set", "uninstall.cleanUp=false").Objects, o => Event(o) == "post-delete");
    }

    /// <summary>Helm deletes what a hook or a test had when it has succeeded, and only then.</summary>
    [Fact]
    public void What_a_failed_hook_or_test_left_is_deleted_after_the_release()
    {
        var rendered = Rendered.With();
        var paths = Assert.Single(rendered.Objects, o => Event(o) == "post-delete" && o.Text("kind") == "Job").Strings("spec.template.spec.containers.0.args");
        Assert.All(rendered.Objects.Where(o => Event(o) is "pre-delete" or "test"), left =>
        {
            var (api, ns) = (left.Text("apiVersion"), left.Text("metadata.namespace"));
            Assert.Contains($"{(api == "v1" ? "/api/" : "/apis/")}{api}/{(ns.Length > 0 ? $"namespaces/{ns}/" : "")}{left.Text("kind").ToLowerInvariant()}s/{left.Text("metadata.name")}", paths);
        });
    }

    /// <summary>An image that cannot be pulled keeps a pod waiting for as long as nobody ends it.</summary>
    [Fact]
    public void Every_hook_and_test_has_a_deadline()
    {
        var pods = Rendered.With("--set", "dns.clusterDNS=null,dns.clusterDNSService.name=kube-dns").Objects.Where(o => Event(o).Length > 0 && o.Text("kind") is "Job" or "Pod").ToList();
        Assert.Equal(6, pods.Count);
        Assert.All(pods, pod => Assert.Equal("240", pod.Text("spec.activeDeadlineSeconds")));
    }

    [Fact]
    public void A_secret_of_the_users_is_never_deleted() => Assert.DoesNotContain("/api/v1/namespaces/node-dns/secrets/nd-webhook-tls",
        Rendered.With("--set", "tls.mode=existingSecret,tls.existingSecret=nd-webhook-tls").Text, StringComparison.Ordinal);

    /// <summary>GitOps without an address: the pods' variable is filled in from what a Job found.</summary>
    [Fact]
    public void The_address_of_a_named_service_reaches_cache_guard_and_webhook()
    {
        var rendered = Rendered.Exactly("1.36.3", "--set", "dns.clusterDNSService.name=dns-default,dns.clusterDNSService.namespace=openshift-dns");
        var job = Assert.Single(rendered.Objects, o => Event(o).Contains("pre-install", StringComparison.Ordinal) && o.Text("kind") == "Job");
        Assert.Contains("pre-upgrade", Event(job), StringComparison.Ordinal);
        Assert.Equal(["cluster-dns", "openshift-dns/dns-default", "node-dns/nd-cluster-dns"], job.Strings("spec.template.spec.containers.0.args"));
        Assert.Contains(rendered.All("Role"), role => role.Text("metadata.namespace") == "openshift-dns" && role.Strings("rules.0.resourceNames") is ["dns-default"]);
        var set = rendered.One("DaemonSet", "nd-cache");
        Assert.Contains("--cluster-dns=$(CLUSTER_DNS)", set.Container("guard").Strings("args"));
        Assert.Contains("--cluster-dns=$(CLUSTER_DNS_WORDS)", set.Container("cache").Strings("args"));
        Assert.Contains("--cluster-dns=$(CLUSTER_DNS)", rendered.One("Deployment", "nd-webhook").Container("webhook").Strings("args"));
        Assert.All(new[] { set.Container("guard"), set.Container("cache"), rendered.One("Deployment", "nd-webhook").Container("webhook") },
            container => Assert.Equal(["CLUSTER_DNS clusterDNS", "CLUSTER_DNS_WORDS clusterDNSWords"], container["env"]!.AsArray().Select(e =>
                e!.Text("name") + " " + e!.Text("valueFrom.configMapKeyRef.key"))));
        Assert.Contains("forward . __PILLAR__CLUSTER__DNS__ {", rendered.One("ConfigMap", "nd-cache").Text("data.Corefile"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_of_the_releases_own_namespace_makes_one_role() => Assert.Single(
        Rendered.Exactly("1.36.3", "--set", "dns.clusterDNSService.name=mine,dns.clusterDNSService.namespace=node-dns").All("Role"),
        role => role.Text("metadata.name") == "nd-cluster-dns");
}
