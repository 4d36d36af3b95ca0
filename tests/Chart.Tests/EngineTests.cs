using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace NodeDns.Chart.Tests;

/// <summary>What the value engine makes of a release.</summary>
public sealed partial class EngineTests(ApiServer server)
{
    private static readonly string[] s_policyKinds = ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"];

    private static readonly string[] s_webhookKinds =
        ["MutatingWebhookConfiguration", "Deployment", "PodDisruptionBudget", "Secret", "Certificate", "Issuer", "NetworkPolicy"];

    private static readonly string[] s_everything =
    [
        "--set", "webhook.networkPolicy.enabled=true,selection.namespaceSettings=true,monitoring.serviceMonitor.enabled=true",
        "--set", "monitoring.prometheusRule.enabled=true",
    ];

    [Fact]
    public void A_policy_has_no_pods_no_service_no_certificate_and_no_rights()
    {
        var rendered = Rendered.With(["--set", "engine=policy", .. s_everything]);
        Assert.Equal(s_policyKinds.Order(), rendered.Objects.Select(o => o.Text("kind")).Intersect(s_policyKinds).Order());
        Assert.DoesNotContain(rendered.Objects, o => s_webhookKinds.Contains(o.Text("kind")) || o.Text("metadata.name").Contains("nd-webhook", StringComparison.Ordinal));
        Assert.DoesNotContain(rendered.One("PrometheusRule", "nd").At("spec.groups")!.AsArray(), group => group!.Text("name") == "node-dns-webhook");
    }

    [Theory]
    [InlineData("1.36.0", "engine=auto", true)]
    [InlineData("1.37.1", "engine=auto", true)]
    [InlineData("1.36.0-gke.100", "engine=auto", true)]
    [InlineData("1.35.4", "engine=auto", false)]
    [InlineData("1.26.0", "engine=auto", false)]
    [InlineData("1.36.0", "engine=webhook", false)]
    [InlineData("1.36.0", "engine=null", false)]
    [InlineData("1.36.0", "engine=auto,webhook.failurePolicy=Fail", false)]
    [InlineData("1.36.0", "engine=auto,dns.fallback=none", false)]
    [InlineData("1.36.0", "engine=auto,dns.fallback=none,webhook.probe=false", true)]
    [InlineData("1.36.0", "engine=auto,webhook.extraArgs={--max-searches=6}", false)]
    [InlineData("1.36.0", "engine=auto,webhook.extraEnv[0].name=NODEDNS_MODE", false)]
    [InlineData("1.36.0", "engine=auto,webhook.replicas=3,selection.percent=10,tls.mode=certManager", true)]
    public void Auto_takes_the_policy_where_the_cluster_has_it_and_nothing_needs_the_webhook(string kubernetes, string values, bool policy)
    {
        var kinds = Rendered.For(kubernetes, "--set", values).Objects.Select(o => o.Text("kind")).ToHashSet();
        Assert.Equal(policy, kinds.Contains("MutatingAdmissionPolicy"));
        Assert.Equal(!policy, kinds.Contains("MutatingWebhookConfiguration"));
    }

    /// <summary>A cluster's own list of kinds counts before its version.</summary>
    [Fact]
    public void A_cluster_that_serves_the_kind_has_it_whatever_its_version()
    {
        string[] auto = ["--set", "engine=auto"];
        Assert.NotEmpty(Rendered.For("1.35.0", [.. auto, "--api-versions", "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy"]).All("MutatingAdmissionPolicy"));
        Assert.Empty(Rendered.For("1.36.0", [.. auto, "--api-versions", "v1/Pod", "--api-versions", "cert-manager.io/v1/Certificate"]).All("MutatingAdmissionPolicy"));
    }

    [Theory]
    [InlineData("webhook.failurePolicy=Fail", "engine is policy and webhook.failurePolicy is Fail", "engine=webhook")]
    [InlineData("dns.fallback=none", "engine is policy and dns.fallback is none", "webhook.probe=false")]
    [InlineData("webhook.extraArgs={--max-searches=6}", "webhook.extraArgs is --max-searches=6", "leave webhook.extraArgs empty")]
    [InlineData("webhook.extraEnv[0].name=NODEDNS_MODE", "NODEDNS_", "leave them out")]
    [InlineData("webhook.enabled=false", "webhook.enabled is false", "leave webhook.enabled=true")]
    [InlineData("engine=policies", "engine", "")]
    public void What_a_policy_cannot_honour_is_refused(string value, string said, string wayOut)
    {
        var refusal = Rendered.Refusal("--set", "dns.clusterDNS={10.96.0.10},engine=policy", "--set", value);
        Assert.Contains(said, refusal, StringComparison.Ordinal);
        Assert.Contains(wayOut, refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cluster_without_policies_is_told_what_to_set() =>
        Assert.Contains("set engine=webhook", Rendered.RefusalFor("1.35.2", "--set", "dns.clusterDNS={10.96.0.10},engine=policy"), StringComparison.Ordinal);

    [Fact]
    public void Without_an_address_of_cluster_dns_a_policy_is_refused_also_where_no_cache_is_installed() => Assert.Contains("set dns.clusterDNS",
        Rendered.Refusal("--set", "engine=policy,cache.enabled=false"), StringComparison.Ordinal);

    [Fact]
    public void The_webhooks_certificate_is_no_matter_of_a_policy() =>
        Assert.NotEmpty(Rendered.Exactly("1.36.0", "--set", "dns.clusterDNS={10.96.0.10},engine=policy,tls.mode=helm").All("MutatingAdmissionPolicy"));

    /// <summary>Kubernetes 1.36.3 stops watching ConfigMaps with the last policy that has one as its parameter, and never starts again: the
    /// next such policy finds none, and silently does nothing.</summary>
    [Fact]
    public void A_policy_has_a_parameter_only_where_cluster_dns_is_found_at_run_time()
    {
        var plain = Rendered.With("--set", "engine=policy");
        Assert.Null(plain.One("MutatingAdmissionPolicy", "nd-policy").At("spec.paramKind"));
        Assert.All(plain.All("MutatingAdmissionPolicyBinding"), binding => Assert.Null(binding.At("spec.paramRef")));
        Assert.Equal("10.96.0.10", plain.One("ConfigMap", "nd-policy").Text("data.clusterDNS"));
        var named = Rendered.With("--set", "engine=policy,dns.clusterDNS=null,dns.clusterDNSService.name=kube-dns");
        Assert.Equal("ConfigMap", named.One("MutatingAdmissionPolicy", "nd-policy").Text("spec.paramKind.kind"));
        Assert.All(named.All("MutatingAdmissionPolicyBinding"), binding => Assert.Equal("nd-cluster-dns", binding.Text("spec.paramRef.name")));
    }

    public static TheoryData<string> ValuesOfPolicies =>
    [
        "dns.fallback=cluster-dns", "selection.mode=optOut", "selection.compatLabel=false", "selection.namespaceSettings=true", "selection.percent=10",
        "dns.clusterDNS=null,dns.clusterDNSService.name=kube-dns", "webhook.reinvocationPolicy=Never",
    ];

    /// <summary>One that has a typed object in the value of a JSONPatch panics the API server (kubernetes#142181), and no failurePolicy
    /// helps: pods cannot be created any more.</summary>
    [Theory]
    [MemberData(nameof(ValuesOfPolicies))]
    public void No_policy_has_the_spelling_that_panics_an_api_server(string values) =>
        Assert.All(Rendered.With("--set", "engine=policy", "--set", values).All("MutatingAdmissionPolicy"), policy => Assert.Empty(Dangers(policy)));

    [Theory]
    [InlineData("""[JSONPatch{op: "add", path: "/spec/dnsConfig/options", value: [Object.spec.dnsConfig.options{name: "ndots"}]}]""")]
    [InlineData("""[JSONPatch{op: "add", path: "/spec", value: Object.spec{dnsPolicy: "None"}}]""")]
    [InlineData("""[JSONPatch{op: "add", path: "/spec/x", value: [{'name': 'ndots'}]}]""")]
    [InlineData("""[JSONPatch{op: "add", path: "/spec/x", value: {'a': 'b'}}]""")]
    [InlineData("""[JSONPatch{op: "add", path: "/spec/x", value: variables.options}]""")]
    public void That_spelling_is_recognised(string expression)
    {
        var policy = Rendered.With("--set", "engine=policy").All("MutatingAdmissionPolicy").Single();
        policy["spec"]!["mutations"]![0]!["jsonPatch"]!["expression"] = expression;
        Assert.NotEmpty(Dangers(policy));
    }

    [Fact]
    public void A_second_mutation_or_another_kind_of_patch_is_recognised()
    {
        var policy = Rendered.With("--set", "engine=policy").All("MutatingAdmissionPolicy").Single();
        policy["spec"]!["mutations"]!.AsArray().Add(policy["spec"]!["mutations"]![0]!.DeepClone());
        Assert.Contains("2 mutations", Dangers(policy));
        policy["spec"]!["mutations"]!.AsArray().RemoveAt(1);
        policy["spec"]!["mutations"]![0]!["patchType"] = "ApplyConfiguration";
        Assert.NotEmpty(Dangers(policy));
    }

    /// <summary>Everything that is known of how not to write one.</summary>
    private static List<string> Dangers(JsonObject policy)
    {
        var mutations = policy.At("spec.mutations")!.AsArray();
        var dangers = new List<string>();
        if (mutations.Count != 1)
        {
            dangers.Add($"{mutations.Count} mutations");
        }

        foreach (var mutation in mutations)
        {
            if (mutation!.Text("patchType") != "JSONPatch")
            {
                dangers.Add("patchType " + mutation!.Text("patchType"));
            }

            foreach (Match value in Value().Matches(mutation!.Text("jsonPatch.expression")))
            {
                if (!Harmless().IsMatch(value.Groups["of"].Value))
                {
                    dangers.Add(value.Value);
                }
            }
        }

        if (TypedObject().IsMatch(policy["spec"]!.ToJsonString()))
        {
            dangers.Add("a typed object");
        }

        return dangers;
    }

    /// <summary>Kept through upgrades and an install anew, and changed by one: on the API server, whose objects Helm compares.</summary>
    [Fact]
    public void A_release_changes_its_engine_with_a_policy_that_stands_in()
    {
        server.Require();
        const string name = "engines";
        server.Namespace(name);
        string[] chart = [name, Tool.ChartFolder, "--namespace", name, "--set", "engine=webhook", "--set"];
        Run(["install", .. chart, "webhook.logLevel=info", "--no-hooks"]);
        var plain = Hooks(["upgrade", .. chart, "webhook.logLevel=debug"]);
        Assert.Equal(0, StandsIn().Count(plain));
        var toPolicy = Hooks(["upgrade", .. chart, "engine=policy"]);
        Assert.Equal(2, StandsIn().Count(toPolicy));
        Assert.DoesNotContain("- /apis/apps/v1", toPolicy, StringComparison.Ordinal);
        Run(["upgrade", .. chart, "engine=policy", "--no-hooks"]);
        Assert.Equal(0, StandsIn().Count(Hooks(["upgrade", .. chart, "engine=policy,selection.percent=50"])));
        var toWebhook = Hooks(["upgrade", .. chart, "engine=webhook"]);
        Assert.Equal(2, StandsIn().Count(toWebhook));
        Assert.Contains($"- /apis/apps/v1/namespaces/{name}/deployments/{name}-webhook", toWebhook, StringComparison.Ordinal);
        Run(["upgrade", .. chart, "engine=webhook", "--no-hooks"]);
        Run(["uninstall", name, "--namespace", name, "--no-hooks"]);

        void Run(string[] arguments)
        {
            var run = server.Helm(arguments);
            Assert.True(run.ExitCode == 0, run.Error);
        }

        string Hooks(string[] arguments)
        {
            var run = server.Helm([.. arguments, "--dry-run=server"]);
            Assert.True(run.ExitCode == 0, run.Error);
            return run.Output.Split("MANIFEST:")[0];
        }
    }

    [GeneratedRegex("""kind: MutatingAdmissionPolicy\nmetadata:\n  name: "engines-policy-switch"\n""")]
    private static partial Regex StandsIn();

    [GeneratedRegex(@"value:\s*(?<of>[^\s].{0,40})", RegexOptions.Singleline)]
    private static partial Regex Value();

    /// <summary>A text, or what dyn() makes harmless.</summary>
    [GeneratedRegex(@"^(dyn\(|'[A-Za-z]*'\}|variables\.newStatus\[0\]\}|variables\.policyBefore\})")]
    private static partial Regex Harmless();

    [GeneratedRegex(@"\bObject(\.[A-Za-z.]+)?\s*\{")]
    private static partial Regex TypedObject();
}
