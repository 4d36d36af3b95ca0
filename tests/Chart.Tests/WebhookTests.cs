using System.Text.Json.Nodes;

namespace NodeDns.Chart.Tests;

public sealed class WebhookTests
{
    private static JsonObject Configuration(params string[] arguments) =>
        Rendered.With(arguments).One("MutatingWebhookConfiguration", "nd-webhook");

    private static IEnumerable<JsonNode> Entries(params string[] arguments) =>
        Configuration(arguments).At("webhooks")!.AsArray().Select(entry => entry!);

    [Fact]
    public void Only_the_creation_of_pods_is_asked_about() => Assert.All(Entries(), entry =>
    {
        var rule = Assert.Single(entry["rules"]!.AsArray())!;
        Assert.Equal(["CREATE"], rule.Strings("operations"));
        Assert.Equal(["pods"], rule.Strings("resources"));
        Assert.Equal([""], rule.Strings("apiGroups"));
        Assert.Equal("Namespaced", rule.Text("scope"));
    });

    [Fact]
    public void A_webhook_that_cannot_be_reached_is_ignored_and_has_no_side_effects() => Assert.All(Entries(), entry =>
    {
        Assert.Equal("Ignore", entry.Text("failurePolicy"));
        Assert.Equal("None", entry.Text("sideEffects"));
        Assert.Equal("IfNeeded", entry.Text("reinvocationPolicy"));
        Assert.Equal("3", entry.Text("timeoutSeconds"));
        Assert.Equal("/mutate", entry.Text("clientConfig.service.path"));
    });

    [Fact]
    public void System_namespaces_and_its_own_are_never_asked_about() => Assert.All(Entries(), entry =>
    {
        var excluded = Assert.Single(entry.At("namespaceSelector.matchExpressions")!.AsArray(),
            e => e!.Text("key") == "kubernetes.io/metadata.name")!;
        Assert.Equal("NotIn", excluded.Text("operator"));
        Assert.Equal(["kube-system", "kube-public", "kube-node-lease", "node-dns"], excluded.Strings("values"));
    });

    public static TheoryData<string, string?, string?, string?, string?, bool> Choices => new()
    {
        // mode, namespace label, pod label, namespace and pod compatible label, asked about
        { "optIn", null, null, null, null, false },
        { "optIn", "enabled", null, null, null, true },
        { "optIn", "enabled", "disabled", null, null, false },
        { "optIn", "enabled", "enabled", null, null, true },
        { "optIn", null, "enabled", null, null, true },
        { "optIn", "disabled", "enabled", null, null, true },
        { "optIn", "disabled", null, null, null, false },
        { "optIn", "other", null, null, null, false },
        { "optIn", null, null, "enabled", null, true },
        { "optIn", null, null, "enabled", "disabled", false },
        { "optIn", null, "enabled", "enabled", null, true },
        { "optIn", null, "disabled", "enabled", null, false },
        { "optIn", "disabled", null, "enabled", null, false },
        { "optIn", "enabled", null, "enabled", null, true },
        { "optIn", "enabled", null, null, "disabled", false },
        { "optIn", "enabled", "enabled", null, "disabled", true },
        { "optIn", "enabled", "other", null, null, true },
        { "optIn", "other", null, "enabled", null, true },
        { "optIn", "other", "disabled", "enabled", null, false },
        { "optIn", null, null, null, "enabled", true },
        { "optIn", null, "disabled", null, "enabled", false },
        { "optIn", "disabled", null, null, "enabled", true },
        { "optIn", "disabled", null, "enabled", "enabled", true },
        { "optIn", null, null, "disabled", null, false },
        { "optIn", null, "enabled", "disabled", "disabled", true },
        { "optIn", null, null, null, "other", false },
        { "optOut", null, null, null, null, true },
        { "optOut", "other", "other", "other", "other", true },
        { "optOut", "enabled", null, "disabled", null, true },
        { "optOut", null, null, "disabled", null, false },
        { "optOut", null, "enabled", "disabled", null, true },
        { "optOut", null, null, "disabled", "enabled", true },
        { "optOut", "disabled", null, "enabled", null, false },
        { "optOut", "disabled", null, null, "enabled", true },
        { "optOut", null, "enabled", null, "disabled", true },
        { "optOut", "disabled", null, null, null, false },
        { "optOut", "disabled", "enabled", null, null, true },
        { "optOut", null, "disabled", null, null, false },
        { "optOut", null, null, "disabled", null, false },
    };

    /// <summary>The API server's own rule, applied to the rendered selectors: an entry matches when both do. A pod that says no may
    /// meet one, because it may say so late: the match condition not-opted-out is for it (Policy/SelectionTests asks an API server).</summary>
    [Theory]
    [MemberData(nameof(Choices))]
    public void A_pod_meets_at_most_one_entry(
        string mode, string? ns, string? pod, string? nsCompat, string? podCompat, bool asked)
    {
        Dictionary<string, string?> namespaceLabels = new()
        {
            ["kubernetes.io/metadata.name"] = "shop",
            ["nodedns.io/inject"] = ns,
            ["node-local-dns-injection"] = nsCompat,
        };
        Dictionary<string, string?> podLabels = new()
        {
            ["nodedns.io/inject"] = pod,
            ["node-local-dns-injection"] = podCompat,
        };
        var met = Entries("--set", "selection.mode=" + mode).Count(entry =>
            Matches(entry["namespaceSelector"]!, namespaceLabels) && (entry["objectSelector"] is not { } selector || Matches(selector, podLabels)));
        Assert.InRange(met, asked ? 1 : 0, asked || pod == "disabled" || podCompat == "disabled" ? 1 : 0);
    }

    /// <summary>What comes true after the change must reach the webhook: no selector and no condition keeps such a pod away.</summary>
    [Fact]
    public void A_pod_that_was_changed_passes_every_condition() => Assert.All(Entries(), entry =>
        Assert.All(entry["matchConditions"]!.AsArray(), condition => Assert.StartsWith(
            "(has(object.metadata.annotations) && 'nodedns.io/status' in object.metadata.annotations) || ",
            condition!.Text("expression"), StringComparison.Ordinal)));

    private static bool Matches(JsonNode selector, Dictionary<string, string?> labels) =>
        selector["matchExpressions"]!.AsArray().OfType<JsonNode>().All(expression =>
        {
            var value = labels.GetValueOrDefault(expression.Text("key"));
            return expression.Text("operator") switch
            {
                "In" => value is not null && expression.Strings("values").Contains(value),
                "NotIn" => value is null || !expression.Strings("values").Contains(value),
                "DoesNotExist" => value is null,
                var other => throw new InvalidOperationException(other),
            };
        });

    [Fact]
    public void Match_conditions_are_only_written_where_the_cluster_has_them()
    {
        static int Conditions(Rendered rendered) => rendered.One("MutatingWebhookConfiguration", "nd-webhook")
            .At("webhooks.0.matchConditions")?.AsArray().Count ?? 0;
        Assert.Equal(3, Conditions(Rendered.With()));
        Assert.Equal(0, Conditions(Rendered.For("1.27.0")));
        Assert.Equal(0, Conditions(Rendered.With("--set", "selection.matchConditions=false")));
    }

    [Fact]
    public void The_webhooks_own_pods_are_never_injected_so_that_their_resolv_conf_is_kubelets()
    {
        var template = Rendered.With().One("Deployment", "nd-webhook").At("spec.template")!;
        Assert.Equal("disabled", (string?)template["metadata"]!["labels"]!["nodedns.io/inject"]);
        Assert.Equal("ClusterFirst", template.Text("spec.dnsPolicy"));
    }

    [Fact]
    public void It_needs_no_rights_unless_it_reads_namespaces()
    {
        var plain = Rendered.With();
        Assert.DoesNotContain(plain.All("ClusterRole"), role => role.Text("metadata.name") == "nd-webhook");
        Assert.Equal("false", plain.One("Deployment", "nd-webhook").Text("spec.template.spec.automountServiceAccountToken"));
        var reading = Rendered.With("--set", "selection.namespaceSettings=true");
        var rule = reading.One("ClusterRole", "nd-webhook").At("rules.0")!;
        Assert.Equal(["namespaces"], rule.Strings("resources"));
        Assert.Equal(["list", "watch"], rule.Strings("verbs"));
        Assert.Contains("--namespace-settings=true", Arguments(reading));
    }

    [Fact]
    public void Values_become_flags_of_the_same_meaning()
    {
        var arguments = Arguments(Rendered.With(
            "--set", "dns.localAddresses={169.254.20.10,fd00:20::10}",
            "--set", "dns.options.timeout=2,dns.options.edns0=",
            "--set", "dns.fallback=none,selection.percent=10,webhook.port=10250,dns.hostSearches={corp.example}"));
        Assert.Contains("--local-address=169.254.20.10,fd00:20::10", arguments);
        Assert.Contains("--options=edns0,timeout:2", arguments);
        Assert.Contains("--fallback=none", arguments);
        Assert.Contains("--percent=10", arguments);
        Assert.Contains("--listen=:10250", arguments);
        Assert.Contains("--host-searches=corp.example", arguments);
        Assert.Contains("--excluded-namespaces=kube-system,kube-public,kube-node-lease,node-dns", arguments);
        Assert.Contains("--mode=optIn", arguments);
        Assert.Contains("--mode=optOut", Arguments(Rendered.With("--set", "selection.mode=optOut")));
    }

    [Fact]
    public void Cluster_dns_and_domain_are_left_to_the_webhook_unless_given()
    {
        var arguments = Arguments(Rendered.With("--set", "dns.clusterDNS=null", "--set", "cache.enabled=false"));
        Assert.DoesNotContain(arguments, a => a.StartsWith("--cluster-dns", StringComparison.Ordinal));
        Assert.DoesNotContain(arguments, a => a.StartsWith("--cluster-domain", StringComparison.Ordinal));
    }

    [Fact]
    public void Underscores_in_searches_are_allowed_from_1_34()
    {
        Assert.Contains("--allow-underscore-searches=true", Arguments(Rendered.With()));
        Assert.DoesNotContain("--allow-underscore-searches=true", Arguments(Rendered.For("1.33.4")));
    }

    [Fact]
    public void One_pod_has_no_disruption_budget_because_it_would_block_drains()
    {
        Assert.Single(Rendered.With().All("PodDisruptionBudget"));
        Assert.Empty(Rendered.With("--set", "webhook.replicas=1").All("PodDisruptionBudget"));
    }

    private static string[] Arguments(Rendered rendered) =>
        rendered.One("Deployment", "nd-webhook").Container("webhook").Strings("args");
}
