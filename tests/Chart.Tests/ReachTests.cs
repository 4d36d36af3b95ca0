using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

/// <summary>Every value arrives where it belongs: ci/full-values.yaml, looked at object by object.</summary>
public sealed class ReachTests
{
    private static readonly Lazy<Rendered> s_full = new(() =>
        Rendered.Exactly("1.36.3", "--values", Path.Combine(Tool.ChartFolder, "ci", "full-values.yaml")));

    private static JsonNode Of(string which) => which switch
    {
        "deployment" => s_full.Value.One("Deployment", "dns-webhook"),
        "webhook pod" => s_full.Value.One("Deployment", "dns-webhook").At("spec.template")!,
        "webhook" => s_full.Value.One("Deployment", "dns-webhook").Container("webhook"),
        "daemonset" => s_full.Value.One("DaemonSet", "dns-cache"),
        "cache pod" => s_full.Value.One("DaemonSet", "dns-cache").At("spec.template")!,
        "cache" => s_full.Value.One("DaemonSet", "dns-cache").Container("cache"),
        "guard" => s_full.Value.One("DaemonSet", "dns-cache").Container("guard"),
        "configuration" => s_full.Value.One("MutatingWebhookConfiguration", "dns-webhook"),
        "budget" => s_full.Value.One("PodDisruptionBudget", "dns-webhook"),
        "quota" => s_full.Value.One("ResourceQuota", "dns-priority"),
        "extra" => s_full.Value.One("ConfigMap", "nd-extra"),
        "monitor" => s_full.Value.One("ServiceMonitor", "dns-cache"),
        "webhook service" => s_full.Value.One("Service", "dns-webhook"),
        "cache service" => s_full.Value.One("Service", "dns-cache"),
        "webhook account" => s_full.Value.One("ServiceAccount", "dns-injector"),
        "cache account" => s_full.Value.One("ServiceAccount", "dns-cache"),
        "check before an uninstall" => s_full.Value.One("Job", "dns-uninstall-check").At("spec.template.spec.containers.0")!,
        "hook" => s_full.Value.One("Job", "dns-clean-up").At("spec.template.spec.containers.0")!,
        "helm test" => s_full.Value.One("Pod", "dns-test").At("spec.containers.0")!,
        "binding" => s_full.Value.One("ClusterRoleBinding", "dns-webhook"),
        _ => throw new ArgumentOutOfRangeException(nameof(which), which, null),
    };

    [Theory]
    [InlineData("extra", "data.from", "node-dns-webhook")]
    [InlineData("quota", "spec.hard.pods", "500")]
    [InlineData("webhook", "image", "registry.example/team/webhook:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("cache", "image", "registry.example/team/cache:1")]
    [InlineData("check before an uninstall", "image", "registry.example/team/cli:1")]
    [InlineData("check before an uninstall", "imagePullPolicy", "Always")]
    [InlineData("helm test", "image", "registry.example/team/cli:1")]
    [InlineData("helm test", "imagePullPolicy", "Always")]
    [InlineData("hook", "image", "registry.example/team/webhook:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("webhook pod", "spec.volumes.1.name", "scratch")]
    [InlineData("webhook", "volumeMounts.1.mountPath", "/scratch")]
    [InlineData("webhook", "env.0.name", "NODEDNS_PROBE_PORT")]
    [InlineData("webhook pod", "spec.topologySpreadConstraints.0.topologyKey", "kubernetes.io/hostname")]
    [InlineData("webhook pod", "spec.topologySpreadConstraints.0.labelSelector.matchLabels.app\\.kubernetes\\.io/name", "node-dns-webhook")]
    [InlineData("webhook pod", "spec.topologySpreadConstraints.1", "")]
    [InlineData("deployment", "spec.revisionHistoryLimit", "5")]
    [InlineData("webhook pod", "spec.terminationGracePeriodSeconds", "60")]
    [InlineData("deployment", "spec.minReadySeconds", "10")]
    [InlineData("deployment", "spec.strategy.rollingUpdate.maxSurge", "25%")]
    [InlineData("webhook pod", "spec.securityContext.runAsUser", "1000")]
    [InlineData("webhook pod", "spec.securityContext.runAsGroup", "")]
    [InlineData("webhook pod", "spec.securityContext.runAsNonRoot", "true")]
    [InlineData("deployment", "metadata.annotations.reloader\\.stakater\\.com/auto", "true")]
    [InlineData("webhook service", "metadata.annotations.e", "f")]
    [InlineData("configuration", "metadata.annotations.g", "h")]
    [InlineData("configuration", "metadata.annotations.cert-manager\\.io/inject-ca-from", "node-dns/dns-webhook")]
    [InlineData("webhook account", "metadata.annotations.i", "j")]
    [InlineData("webhook pod", "spec.serviceAccountName", "dns-injector")]
    [InlineData("binding", "subjects.0.name", "dns-injector")]
    [InlineData("budget", "spec.maxUnavailable", "50%")]
    [InlineData("budget", "spec.unhealthyPodEvictionPolicy", "IfHealthyBudget")]
    [InlineData("monitor", "metadata.namespace", "monitoring")]
    [InlineData("monitor", "spec.endpoints.1.scrapeTimeout", "10s")]
    [InlineData("daemonset", "spec.updateStrategy.rollingUpdate.maxSurge", "10%")]
    [InlineData("daemonset", "spec.updateStrategy.rollingUpdate.maxUnavailable", "0")]
    [InlineData("daemonset", "spec.revisionHistoryLimit", "5")]
    [InlineData("daemonset", "spec.minReadySeconds", "5")]
    [InlineData("cache pod", "spec.terminationGracePeriodSeconds", "45")]
    [InlineData("cache", "securityContext.runAsUser", "1053")]
    [InlineData("cache", "securityContext.runAsNonRoot", "true")]
    [InlineData("cache", "env.0.name", "ZONE")]
    [InlineData("cache", "volumeMounts.3.mountPath", "/node/hosts")]
    [InlineData("guard", "env.0.name", "A")]
    [InlineData("daemonset", "metadata.annotations.e", "f")]
    [InlineData("cache service", "metadata.annotations.g", "h")]
    [InlineData("cache account", "metadata.annotations.i", "j")]
    public void A_value_is_in_the_object(string which, string path, string expected) => Assert.Equal(expected, Of(which).Text(path));

    /// <summary>The guard gives the sockets to one uid only.</summary>
    [Fact]
    public void The_guard_knows_the_uid_of_the_cache() => Assert.Contains("--serve-uid=1053", Of("guard").Strings("args"));

    [Theory]
    [InlineData("--set", "webhook.image.digest=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "node-dns-webhook@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("--set-json", "webhook.image.tag=20260101", "node-dns-webhook:20260101")]
    public void An_image_is_named_by_tag_or_digest(string how, string value, string image) =>
        Assert.Equal(image, Rendered.With(how, value).One("Deployment", "nd-webhook").Container("webhook").Text("image"));

    [Theory]
    [InlineData("--set", "cli.image.repository=plugin", "plugin:0.1.0")]
    [InlineData("--set", "cli.image.digest=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "node-dns-cli@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("--set-json", "cli.image.tag=20260101", "node-dns-cli:20260101")]
    public void The_plugins_image_is_named_by_tag_or_digest(string how, string value, string image)
    {
        var rendered = Rendered.With(how, value);
        Assert.Equal(image, rendered.One("Job", "nd-uninstall-check").Text("spec.template.spec.containers.0.image"));
        Assert.Equal(image, rendered.One("Pod", "nd-test").Text("spec.containers.0.image"));
    }

    [Theory]
    [InlineData("cache", "DaemonSet")]
    [InlineData("webhook", "Deployment")]
    public void An_account_that_is_there_is_used(string component, string kind)
    {
        var rendered = Rendered.With("--set", $"{component}.serviceAccount.create=false,{component}.serviceAccount.name=mine");
        Assert.Equal("mine", rendered.One(kind, "nd-" + component).Text("spec.template.spec.serviceAccountName"));
        Assert.DoesNotContain(rendered.All("ServiceAccount"), a => a.Text("metadata.name") == "mine");
    }

    /// <summary>As in charts that helm create makes.</summary>
    [Theory]
    [InlineData("cache", "DaemonSet")]
    [InlineData("webhook", "Deployment")]
    public void Without_an_account_and_a_name_pods_have_the_default_one(string component, string kind) => Assert.Equal("default",
        Rendered.With("--set", $"{component}.serviceAccount.create=false").One(kind, "nd-" + component).Text("spec.template.spec.serviceAccountName"));

    /// <summary>An address may end in a colon, and a name may look like a number.</summary>
    [Fact]
    public void What_yaml_would_read_otherwise_stays_text()
    {
        var rendered = Rendered.Exactly("1.36.3", "--namespace", "123", "--set", "dns.localAddresses={fd00:20::},dns.clusterDNS={fd00:96::}",
            "--set-string", "webhook.serviceAccount.name=1e3", "--set", "selection.namespaceSettings=true");
        Assert.Contains("--address=fd00:20::", rendered.One("DaemonSet", "nd-cache").Container("guard").Strings("args"));
        Assert.Contains("--local-address=fd00:20::", rendered.One("Deployment", "nd-webhook").Container("webhook").Strings("args"));
        Assert.Contains("--cluster-dns=fd00:96::", rendered.One("Deployment", "nd-webhook").Container("webhook").Strings("args"));
        Assert.Contains("namespace: \"123\"", rendered.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("namespace: 123", rendered.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("name: 1e3", rendered.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_strategies_have_no_numbers_of_a_rolling_update()
    {
        Assert.Null(Rendered.With("--set", "cache.updateStrategy.type=OnDelete").One("DaemonSet", "nd-cache").At("spec.updateStrategy.rollingUpdate"));
        Assert.Null(Rendered.With("--set", "webhook.updateStrategy.type=Recreate").One("Deployment", "nd-webhook").At("spec.strategy.rollingUpdate"));
    }

    [Fact]
    public void No_replicas_pause_injection()
    {
        var rendered = Rendered.With("--set", "webhook.replicas=0");
        Assert.Equal("0", rendered.One("Deployment", "nd-webhook").Text("spec.replicas"));
        Assert.Empty(rendered.All("PodDisruptionBudget"));
    }

    /// <summary>YAML's off is false.</summary>
    [Fact]
    public void Rules_off_may_be_written_without_quotes() => Assert.Contains("--rules=off",
        Rendered.With("--set-json", "guard.rules=false").One("DaemonSet", "nd-cache").Container("guard").Strings("args"));

    [Fact]
    public void Further_match_conditions_come_after_the_charts_own() => Assert.Equal("not-batch", Rendered.With("--set-json",
        """selection.extraMatchConditions=[{"name":"not-batch","expression":"true"}]""").One("MutatingWebhookConfiguration", "nd-webhook")
        .Text("webhooks.0.matchConditions.3.name"));
}
